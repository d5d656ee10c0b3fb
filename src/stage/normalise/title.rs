//! What stands around a story and is not part of it: labels, site names, bylines, datelines.

use super::language::{Patterns, or_english};
use crate::algo::tokens::is_unspaced;
use crate::model::Lang;
use regex::Regex;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// Labels in front of a title, by language: "LIVE:", "Update 2 -", 【速報】.
const LABELS: &[(&str, &str)] = &[
    (
        "en",
        "live(?: updates?| blog)?|breaking(?: news)?|updated?(?: ?\\d+)?|just in|watch|video|in pictures|opinion|analysis|comment|editorial|exclusive|correct(?:ed|ion)|explainer",
    ),
    (
        "de",
        "live(?:blog|ticker|stream)?|eil(?:meldung)?|update(?: ?\\d+)?|video|bilder|meinung|kommentar|analyse|leitartikel|exklusiv|korrektur|berichtigung",
    ),
    (
        "es",
        "en (?:vivo|directo)|directo|última hora|urgente|v[ií]deo|fotos|opinión|análisis|editorial|exclusiv[ao]|corrección",
    ),
    ("fr", "(?:en )?direct|urgent|vidéos?|en images|opinion|tribune|édito(?:rial)?|analyse|exclusif|rectificatif"),
    ("it", "(?:in )?diretta|ultim'ora|video|foto|opinione|commento|analisi|editoriale|esclusiva|rettifica"),
    ("nl", "live(?:blog)?|video|foto's|opinie|commentaar|analyse|exclusief|rectificatie"),
    ("pt", "ao vivo|em direto|última hora|urgente|vídeo|fotos|opinião|análise|editorial|exclusivo|correção"),
    ("ru", "срочно|онлайн|видео|фото|мнение|колонка|аналитика|эксклюзив|обновлено|исправление"),
    ("ar", "عاجل|مباشر|فيديو|بالفيديو|بالصور|رأي|تحليل|حصري|تحديث|تصحيح"),
    ("zh", "快[讯訊]|突[发發]|直播|[视視][频頻]|[独獨]家|[评評][论論]|社[论論]|社評|分析|更新|更正"),
    ("ja", "速報|ライブ|中継|動画|写真|独自|社説|論説|解説|分析|更新|訂正"),
];

/// A label of each language with what sets it apart from the title; in brackets, or closed by a mark.
static LABEL: Patterns = Patterns::new(LABELS, |code, words| match code {
    "zh" | "ja" => format!(r"^(?:\[({words})\]|【({words})】|({words}) ?[:|])\s*"),
    _ => format!(r"(?i)^({words})\s*(?::|\||\s-)\s+"),
});

/// A place and an agency in front of a body: "PORT ELLERY (Coastwire) - ".
static DATELINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[\p{Lu}][\p{L}.' -]{1,40}(?:, [\p{L}. ]{2,30}){0,2} )?(?:[A-Z][a-z]{2,8}\.? \d{1,2} )?\(([\p{Lu}][\p{L}. ]{1,29})\) ?(?:-{1,2}|:) ?").ok()
});

/// Characters of a writer's name behind "by", which ends no sentence.
const BYLINE: RangeInclusive<usize> = 3..=80;

/// The first byte of 【.
const BRACKET: u8 = 0xe3;

/// The title without labels and site name, and the first label found, lower case.
pub fn clean(title: &str, outlet: &str, lang: Lang) -> (String, Option<String>) {
    let mut rest = title.replace('\n', " ");
    let mut label = None;
    // What sets a label apart; without it no pattern need be tried.
    let marked = rest.bytes().any(|b| matches!(b, b':' | b'|' | b'[' | BRACKET)) || rest.contains(" -");
    while marked && let Some(found) = LABEL.get(lang).and_then(|r| r.captures(&rest)) {
        let end = found.get(0).map_or(0, |m| m.end());
        if end == 0 || end >= rest.len() {
            break;
        }
        let word = found.iter().skip(1).flatten().next();
        label = label.or_else(|| word.map(|m| m.as_str().to_lowercase()));
        rest.drain(..end);
    }
    (without_site(&rest, outlet).to_string(), label)
}

/// Cuts " | Site" and " - Outlet" off the end.
fn without_site<'a>(title: &'a str, outlet: &str) -> &'a str {
    if !title.is_ascii() && title.contains(is_unspaced) {
        return without_outlet(title, outlet);
    }
    for (separator, any) in [(" | ", true), (" - ", false)] {
        // Most titles have no such mark, and nothing need be cut.
        if memchr::memchr(separator.as_bytes()[1], title.as_bytes()).is_none() {
            continue;
        }
        let Some((head, tail)) = title.rsplit_once(separator) else { continue };
        let named = same_name(tail.trim(), outlet);
        let enough = head.split(' ').count() >= 3;
        if enough && (named || (any && tail.split(' ').count() <= 4)) {
            return head.trim_end();
        }
    }
    title
}

/// Cuts the outlet's own name off the end of a title in a script without spaces: nothing shows where words end there.
fn without_outlet<'a>(title: &'a str, outlet: &str) -> &'a str {
    match title.rsplit_once(['|', '-', '_']) {
        Some((head, tail)) if !head.trim().is_empty() && same_name(tail.trim(), outlet) => head.trim_end(),
        _ => title,
    }
}

fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase()
}

/// Takes a first line such as "By the harbour desk" out of a body.
pub fn split_byline(body: String, lang: Lang) -> (String, Option<String>) {
    let by = body.as_bytes().first_chunk::<3>().is_some_and(|b| b.eq_ignore_ascii_case(b"by "));
    if !by || or_english(lang) != "en" {
        return (body, None);
    }
    let Some((first, rest)) = body.split_once('\n') else { return (body, None) };
    let name = &first["by ".len()..];
    let is_name = BYLINE.contains(&name.chars().count()) && !name.contains(['.', '!', '?']);
    if is_name && name.split(' ').count() <= 10 { (rest.to_string(), Some(name.to_string())) } else { (body, None) }
}

/// Bytes in which the agency of a dateline ends.
const DATELINE_BYTES: usize = 768;

/// The body without its dateline, and the agency that this names.
pub fn split_dateline(body: String) -> (String, Option<String>) {
    // Most bodies have no agency there, and no pattern need be tried.
    let start = &body.as_bytes()[..body.len().min(DATELINE_BYTES)];
    let agency = memchr::memchr_iter(b')', start)
        .any(|at| matches!(body.as_bytes()[at + 1..], [b' ', b'-' | b':', ..] | [b'-' | b':', ..]));
    let found = if agency { DATELINE.as_ref().and_then(|r| r.captures(&body)) } else { None };
    let Some(found) = found else { return (body, None) };
    let credit = found.get(1).map(|m| m.as_str().trim().to_string());
    match found.get(0) {
        Some(line) if line.end() < body.len() => (body[line.end()..].to_string(), credit),
        _ => (body, credit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_site_names_go_and_the_story_stays() {
        assert_eq!(
            clean("LIVE: Update 2 - Ferry aground", "x", Lang::EN),
            ("Ferry aground".into(), Some("live".into()))
        );
        assert_eq!(clean("Ferry runs aground - Harbour Courier", "Harbour Courier", Lang::EN).0, "Ferry runs aground");
        assert_eq!(
            clean("Ferry runs aground - crew safe", "Harbour Courier", Lang::EN).0,
            "Ferry runs aground - crew safe"
        );
        assert_eq!(clean("Ferry runs aground | News | Site", "x", Lang::EN).0, "Ferry runs aground | News");
        assert_eq!(clean("Live: ", "x", Lang::EN).0, "Live: ");
    }

    #[test]
    fn a_dateline_names_its_agency() {
        let body = "PORT ELLERY, Northshire (Coastwire) - The ferry";
        assert_eq!(split_dateline(body.into()), ("The ferry".into(), Some("Coastwire".into())));
        assert_eq!(split_dateline("The mayor (an old hand) - said".into()).1, None);
    }

    #[test]
    fn a_byline_is_a_short_first_line() {
        assert_eq!(split_byline("By the desk\nText".into(), Lang::EN), ("Text".into(), Some("the desk".into())));
        assert_eq!(split_byline("By now it was late.\nText".into(), Lang::EN).1, None);
        assert_eq!(split_byline("By the desk".into(), Lang::EN).1, None);
    }

    #[test]
    fn labels_and_site_names_of_other_languages_go_too() {
        let rows = [
            ("de", "Liveticker: Fähre läuft auf Grund", "Fähre läuft auf Grund", "liveticker"),
            ("es", "ÚLTIMA HORA | Encalla un ferri", "Encalla un ferri", "última hora"),
            ("fr", "En direct : un ferry s'échoue", "un ferry s'échoue", "en direct"),
            ("ru", "Срочно: паром сел на мель | Морской курьер", "паром сел на мель", "срочно"),
            ("ar", "عاجل: جنوح عبارة قرب الميناء", "جنوح عبارة قرب الميناء", "عاجل"),
            ("zh", "快讯:渡轮搁浅|Морской курьер", "渡轮搁浅", "快讯"),
            ("ja", "【速報】フェリー座礁 - Морской курьер", "フェリー座礁", "速報"),
        ];
        for (code, title, clean_title, label) in rows {
            let found = clean(title, "Морской Курьер", Lang::from_code(code));
            assert_eq!(found, (clean_title.into(), Some(label.into())), "{code}");
        }
        assert_eq!(clean("Comment : le port", "x", Lang::from_code("fr")).1, None, "French for how");
        assert_eq!(clean("Video: il porto", "x", Lang::from_code("ga")).1, None, "no table");
        assert_eq!(clean("東京 - 大阪", "x", Lang::from_code("ja")).0, "東京 - 大阪");
    }

    #[test]
    fn by_names_a_writer_in_english_alone() {
        assert_eq!(split_byline("By og havn\nTekst".into(), Lang::from_code("da")).1, None);
        assert_eq!(split_byline("By the desk\nText".into(), Lang::UNKNOWN).1.as_deref(), Some("the desk"));
    }
}
