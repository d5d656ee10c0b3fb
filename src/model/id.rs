//! Identifiers: 128-bit hashes of length-prefixed parts, written as 32 hexadecimal digits.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::Cell;
use std::fmt;
use std::str::FromStr;
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

/// Hashes parts so that no two lists of parts share an input: each is preceded by its length.
fn hash_parts(parts: &[&[u8]]) -> u128 {
    let room: usize = parts.iter().map(|part| 8 + part.len()).sum();
    if room > MOST_TOGETHER { hash_long(parts) } else { hash_together(parts) }
}

/// Bytes that are hashed at once, which is faster than part by part.
const MOST_TOGETHER: usize = 1 << 14;

fn hash_together(parts: &[&[u8]]) -> u128 {
    let mut together = TOGETHER.take();
    together.clear();
    for part in parts {
        together.extend_from_slice(&(part.len() as u64).to_le_bytes());
        together.extend_from_slice(part);
    }
    let hash = xxh3_128(&together);
    TOGETHER.set(together);
    hash
}

thread_local! {
    /// Room for parts, which takes long to make for each hash.
    static TOGETHER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// As [`hash_parts`], of parts of any length.
fn hash_long(parts: &[&[u8]]) -> u128 {
    let mut state = Xxh3::new();
    for part in parts {
        state.update(&(part.len() as u64).to_le_bytes());
        state.update(part);
    }
    state.digest128()
}

/// Digits of an id.
const DIGITS: usize = 32;

/// The two digits of each byte.
static PAIRS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

/// The hexadecimal digits of a number, which the formatter takes many times as long for.
pub fn digits(number: u128) -> [u8; DIGITS] {
    let mut digits = [0; DIGITS];
    for (two, byte) in digits.as_chunks_mut().0.iter_mut().zip(number.to_be_bytes()) {
        *two = PAIRS[usize::from(byte)];
    }
    digits
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{:032x}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(s: &str) -> Result<Self, String> {
                let digits = s.strip_prefix($prefix).ok_or_else(|| format!("{s:?} does not start with {:?}", $prefix))?;
                if digits.len() != DIGITS {
                    return Err(format!("{s:?} is not 32 hexadecimal digits"));
                }
                u128::from_str_radix(digits, 16).map($name).map_err(|e| format!("{s:?}: {e}"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                const START: usize = $prefix.len();
                let mut written = [0; START + DIGITS];
                written[..START].copy_from_slice($prefix.as_bytes());
                written[START..].copy_from_slice(&digits(self.0));
                s.serialize_str(std::str::from_utf8(&written).map_err(serde::ser::Error::custom)?)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let s = std::borrow::Cow::<'de, str>::deserialize(d)?;
                s.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": concat!("^", $prefix, "[0-9a-f]{32}$")})
            }
        }
    };
}

hex_id!(
    /// Which entry: a hash of (outlet, key), never of the text. 32 hexadecimal digits.
    EntryId,
    ""
);
hex_id!(
    /// Which event: minted once from its founder, never reused. `ev-` and 32 hexadecimal digits.
    EventId,
    "ev-"
);
hex_id!(
    /// Which text: a hash of title and body as published.
    TextHash,
    ""
);

impl EntryId {
    /// The id of the entry that `outlet` publishes under `key`.
    pub fn of(outlet: &str, key: &str) -> Self {
        EntryId(hash_parts(&[b"entry/1", outlet.as_bytes(), key.as_bytes()]))
    }
}

impl EventId {
    /// The `n`-th event (from 0) minted from the entry that founded it.
    pub fn minted(founder: EntryId, n: u32) -> Self {
        EventId(hash_parts(&[b"event/1", &founder.0.to_le_bytes(), &n.to_le_bytes()]))
    }
}

impl TextHash {
    /// The hash of one version's text.
    pub fn of(title: &str, body: &str) -> Self {
        TextHash(hash_parts(&[title.as_bytes(), body.as_bytes()]))
    }
}

/// A 32-bit hash of a word or of a run of words: what sketches hold instead of strings.
pub fn hash32(bytes: &[u8]) -> u32 {
    (xxh3_64(bytes) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_length_prefixed() {
        assert_ne!(EntryId::of("ab", "c"), EntryId::of("a", "bc"));
        assert_ne!(TextHash::of("ab", "c"), TextHash::of("a", "bc"));
    }

    proptest::proptest! {
        #[test]
        fn parts_hash_alike_at_once_and_one_by_one(a in ".{0,60}", b in "(.{0,60}|[a-z]{0,6000})") {
            let parts = [a.as_bytes(), b.as_bytes()];
            proptest::prop_assert_eq!(hash_parts(&parts), hash_long(&parts));
        }
    }

    proptest::proptest! {
        #[test]
        fn ids_are_written_as_they_print(number: u128) {
            let (entry, event) = (EntryId(number), EventId(number));
            proptest::prop_assert_eq!(serde_json::to_string(&entry).ok(), Some(format!("\"{entry}\"")));
            proptest::prop_assert_eq!(serde_json::to_string(&event).ok(), Some(format!("\"{event}\"")));
        }
    }

    #[test]
    fn ids_read_back_what_they_print() {
        let id = EntryId::of("Harbour Courier", "k1");
        assert_eq!(id.to_string().parse::<EntryId>(), Ok(id));
        let ev = EventId::minted(id, 0);
        assert!(ev.to_string().starts_with("ev-"));
        assert_eq!(ev.to_string().parse::<EventId>(), Ok(ev));
        assert!("ev-12".parse::<EventId>().is_err());
        assert_ne!(ev, EventId::minted(id, 1));
    }
}
