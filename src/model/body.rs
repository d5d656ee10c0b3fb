//! The body of an entry: a string at hand, or on a shelf until it is read.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Where bodies lie that are not at hand.
pub trait Shelf: Send + Sync {
    /// The `len` bytes from `at` on. A shelf that cannot give them remembers why: whoever made it asks, and what was made
    /// of it does not count.
    fn take(&self, at: u64, len: usize) -> Cow<'_, [u8]>;

    /// The same in a buffer that is used again, where they are not at hand.
    fn take_into<'a>(&'a self, at: u64, len: usize, buffer: &'a mut Vec<u8>) -> &'a [u8];

    /// Hears that what it gave was not what was put there.
    fn damaged(&self);
}

/// The text that an entry carries; may be empty.
#[derive(Clone)]
pub struct Body(Held);

#[derive(Clone)]
enum Held {
    Whole(String),
    Shelved { shelf: Arc<dyn Shelf>, at: u64, len: u32 },
}

impl Body {
    /// The text.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Held::Whole(text) => Cow::Borrowed(text),
            Held::Shelved { shelf, at, len } => text(shelf.take(*at, *len as usize)).unwrap_or_else(|| {
                shelf.damaged();
                Cow::Borrowed("")
            }),
        }
    }

    /// Bytes of the text.
    pub fn len(&self) -> usize {
        match &self.0 {
            Held::Whole(text) => text.len(),
            Held::Shelved { len, .. } => *len as usize,
        }
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text whose `len` bytes a shelf holds from `at` on.
    pub fn shelved(shelf: Arc<dyn Shelf>, at: u64, len: u32) -> Body {
        Body(Held::Shelved { shelf, at, len })
    }
}

fn text(bytes: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

impl<T: Into<String>> From<T> for Body {
    fn from(text: T) -> Body {
        Body(Held::Whole(text.into()))
    }
}

impl Default for Body {
    fn default() -> Body {
        Body::from("")
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Body) -> bool {
        self.text() == other.text()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Body::from(String::deserialize(d)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Bytes(Vec<u8>, AtomicU32);

    impl Shelf for Bytes {
        fn take(&self, at: u64, len: usize) -> Cow<'_, [u8]> {
            self.0.get(at as usize..at as usize + len).unwrap_or_default().into()
        }

        fn take_into<'a>(&'a self, at: u64, len: usize, _: &'a mut Vec<u8>) -> &'a [u8] {
            &self.0[at as usize..][..len]
        }

        fn damaged(&self) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_shelved_body_is_the_same_body() {
        let shelf: Arc<dyn Shelf> = Arc::new(Bytes(b"other\xc3\xa9t\xc3\xa9".to_vec(), AtomicU32::new(0)));
        let away = Body::shelved(shelf, 5, 5);
        assert_eq!((away.clone(), away.len(), away.is_empty()), (Body::from("\u{e9}t\u{e9}"), 5, false));
    }

    #[test]
    fn a_shelf_that_gives_something_else_gives_no_text_and_is_told() {
        let shelf = Arc::new(Bytes(b"\xc3\xa9".to_vec(), AtomicU32::new(0)));
        assert_eq!(Body::shelved(shelf.clone(), 1, 1).text(), "");
        assert_eq!(shelf.1.load(Ordering::Relaxed), 1);
    }
}
