//! Bodies that are read again where they were read first, in a file of lines: it costs less than to hold them.

use super::shelves::read_exact_at;
use crate::model::record::Place;
use crate::model::{Body, Entry, Shelf, TextHash};
use crate::source::{self, FieldMap, Fields, Found};
use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// A file of lines that is read as it is stored, open as long as bodies are asked for.
pub struct Again {
    file: File,
    /// Where it is, for messages.
    pub path: PathBuf,
    fields: FieldMap,
    fault: OnceLock<io::Error>,
}

impl Again {
    /// The file, unless it is a pipe or packed; `fields` say what is the body of a record.
    pub fn of(found: &Found, fields: &Fields) -> Option<Again> {
        if found.is_stdin() || !std::fs::metadata(&found.path).ok()?.is_file() {
            return None;
        }
        let file = File::open(&found.path).ok()?;
        let mut head = [0; source::MARK];
        read_exact_at(&file, &mut head, 0).ok()?;
        let plain = !source::is_packed(&head);
        plain.then(|| Again { file, path: found.path.clone(), fields: FieldMap::new(fields), fault: OnceLock::new() })
    }

    /// Lets the bodies of entries go that are in these places.
    pub fn put(self: &Arc<Again>, entries: &mut [Entry], places: &[Place]) {
        let line = |(entry, place): (&Entry, &Place)| Line { place: *place, hash: entry.text_hash };
        let lines: Arc<dyn Shelf> =
            Arc::new(Lines { of: self.clone(), lines: entries.iter().zip(places).map(line).collect() });
        for (entry, at) in entries.iter_mut().zip(0..) {
            if let Ok(len) = u32::try_from(entry.body.len()) {
                entry.body = Body::shelved(lines.clone(), at, len);
            }
        }
    }

    /// Why a body was not what it had been.
    pub fn fault(&self) -> Option<&io::Error> {
        self.fault.get()
    }
}

/// Some lines of a file.
struct Lines {
    of: Arc<Again>,
    lines: Vec<Line>,
}

struct Line {
    place: Place,
    /// Of title and body.
    hash: TextHash,
}

impl Lines {
    fn body(&self, at: u64) -> Option<String> {
        let Line { place, hash } = self.lines.get(usize::try_from(at).ok()?)?;
        let mut line = vec![0; place.len as usize];
        let read = read_exact_at(&self.of.file, &mut line, place.at);
        if let Err(fault) = read {
            // Of a file that has become shorter more is said below.
            if fault.kind() != io::ErrorKind::UnexpectedEof {
                let _ = self.of.fault.set(fault);
            }
            return None;
        }
        let (title, body) = source::text_of(&line, &self.of.fields)?;
        (TextHash::of(&title, &body) == *hash).then_some(body)
    }
}

impl Shelf for Lines {
    fn take(&self, at: u64, len: usize) -> Cow<'_, [u8]> {
        match self.body(at).filter(|body| body.len() == len) {
            Some(body) => Cow::Owned(body.into_bytes()),
            None => {
                self.damaged();
                Cow::Borrowed(&[])
            }
        }
    }

    fn take_into<'a>(&'a self, at: u64, len: usize, buffer: &'a mut Vec<u8>) -> &'a [u8] {
        *buffer = self.take(at, len).into_owned();
        buffer
    }

    fn damaged(&self) {
        let changed = "it has changed since it was read first; run again when nothing writes to it";
        let _ = self.of.fault.set(io::Error::new(io::ErrorKind::InvalidData, changed));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::engine::{self, Aside, Shelves};
    use crate::settings::Settings;
    use std::fs;
    use std::io::Write;
    use std::path::Path;

    /// The bodies of a file as they are read, and as they are read again after something was done to the file.
    fn bodies(bytes: &[u8], then: impl Fn(&Path)) -> (Vec<String>, Vec<String>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.jsonl");
        fs::write(&path, bytes).unwrap();
        let mut settings = Settings::defaults(folder.path());
        settings.replace_sources(std::slice::from_ref(&path)).unwrap();
        let now = "2026-01-15T02:00:00Z".parse().unwrap();
        let of = |reading: &engine::Reading| reading.arrivals.iter().map(|e| e.body.text().into_owned()).collect();
        let held = of(&engine::read(&settings, now, Aside::default(), &|_| ()).unwrap());
        let mut shelves = Shelves::new(None);
        let aside = Aside { shelves: Some(&mut shelves), again: true, ..Aside::default() };
        let reading = engine::read(&settings, now, aside, &|_| ()).unwrap();
        then(&path);
        let again = of(&reading);
        (held, again, shelves.check().is_ok())
    }

    const NIGHT: &str = concat!(
        "\u{feff}{\"title\": \"Ferry\", \"text\": \" It is \\\"late\\\".\\n\\u0000Very. \"}\r\n\n",
        "  {\"text\": 7, \"title\": \"Seven\", \"n\": [1]}\n",
        "{\"title\": \"Tags\", \"text\": \"<p>One &amp; two</p><p>three</p>\"}\nno record\n{\"title\": \"None\"}",
    );

    #[test]
    fn bodies_read_again_are_the_same() {
        let (held, again, sound) = bodies(NIGHT.as_bytes(), |_| ());
        assert_eq!(held, ["It is \"late\".\n Very.", "7", "One & two\nthree", ""]);
        assert_eq!((again, sound), (held, true));
        let long: String = (0..9_000).map(|i| format!("{{\"title\": \"T\", \"text\": \"Number {i}\"}}\n")).collect();
        let (held, again, sound) = bodies(long.as_bytes(), |_| ());
        assert_eq!((held.len(), again == held, sound), (9_000, true, true));
    }

    #[test]
    fn lines_after_one_that_is_too_long_are_found() {
        let long = format!("{{\"title\": \"{}\"}}\n", "x".repeat(17 << 20));
        let night = format!("{NIGHT}\n{long}{NIGHT}\n{long}{{\"title\": \"End\", \"text\": \"The end.\"}}");
        let (held, again, sound) = bodies(night.as_bytes(), |_| ());
        assert_eq!((held.len(), again == held, sound), (8, true, true), "a mark is one at the start alone");
    }

    #[test]
    fn a_file_that_grows_is_read_and_one_that_changes_is_told() {
        let append = |path: &Path| fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap();
        assert!(bodies(NIGHT.as_bytes(), append).2);
        assert!(!bodies(NIGHT.as_bytes(), |path| fs::write(path, NIGHT.replace("late", "soon")).unwrap()).2);
        assert!(!bodies(NIGHT.as_bytes(), |path| fs::write(path, "short").unwrap()).2);
    }

    #[test]
    fn packed_files_are_put_aside() {
        let (held, again, sound) =
            bodies(&zstd::encode_all(NIGHT.as_bytes(), 1).unwrap(), |path| fs::write(path, "").unwrap());
        assert_eq!((again, sound), (held, true));
    }
}
