//! The day that an address tells: `/2017/08/01/`, `/2017/aug/01/`, `/2017-08-01-…`.

use super::clock::{digits, iso_day, month};
use jiff::civil::Date;

/// The first day in the path of a URL, if there is one.
pub fn day(url: &str) -> Option<Date> {
    let path = url.split(['?', '#']).next()?;
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    (0..parts.len()).find_map(|at| dashed(parts.get(at)?).or_else(|| slashed(parts.get(at..)?)))
}

/// `2017-08-01` alone, or before a slug or an ending.
fn dashed(part: &str) -> Option<Date> {
    let end = part.as_bytes().get(10);
    if end.is_some_and(u8::is_ascii_alphanumeric) { None } else { iso_day(part.get(..10)?) }
}

/// `2017`, `08` or `aug`, `01`, each a part of its own; a slug may follow the day.
fn slashed(parts: &[&str]) -> Option<Date> {
    let [year, middle, day, ..] = parts else { return None };
    let year: i16 = digits(year, 4, 4)?;
    let month = digits::<i8>(middle, 1, 2).or_else(|| month(middle))?;
    let day = day.split(['-', '_', '.']).next()?;
    Date::new(year, month, digits(day, 1, 2)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: &str) -> Option<String> {
        day(url).map(|d| d.to_string())
    }

    #[test]
    fn a_day_in_the_path_is_found() {
        for url in [
            "https://x.example/news/2017/08/01/storm",
            "https://x.example/2017/8/1",
            "https://x.example/world/2017/aug/01/storm",
            "https://x.example/2017-08-01-storm.html",
            "/2017/08/01-storm",
        ] {
            assert_eq!(found(url).as_deref(), Some("2017-08-01"), "{url}");
        }
    }

    #[test]
    fn what_is_no_day_is_not() {
        for url in [
            "https://x.example/2017/13/01/storm",
            "https://x.example/storm-2017-08-01",
            "https://x.example/?d=/2017/08/01/",
            "https://x.example/20170801",
            "https://x.example/2017-08-011",
            "",
            "://é/2017-08-0é",
        ] {
            assert_eq!(found(url), None, "{url}");
        }
    }
}
