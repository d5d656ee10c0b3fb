//! What a reader notices at once: a round-up, a comment, a live post, a correction.

use super::language::{Patterns, or_english};
use crate::model::{ClockQuality, Entry, Flag, Flags, Lang};
use regex::Regex;
use std::sync::LazyLock;

/// Titles of entries that cover many events, by language. The English ones are ASCII, which takes a tenth of the time to get ready.
const UMBRELLAS: &[(&str, &str)] = &[
    (
        "en",
        concat!(
            r"(?i-u)^(?:(?:your |the )?(?:morning|evening|daily|weekly|midday|lunchtime|weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?:'s)? ",
            r"(?:briefing|digest|round-?up|news ?letter|wrap(?:-up)?|edition|headlines|bulletin|brief)\b)",
            r"|^(?:(?:news|world|business|sport|local) )?(?:round-?up|digest|news in brief|in brief|week in review|the week ahead|year in review)\b",
            r"|^at a glance\b|^top (?:news )?(?:stories|headlines)\b|^what(?:'s| is) (?:in the papers|making news)\b",
            r"|^(?:five|six|seven|eight|ten|\d{1,2}) things (?:to know|you need to know) (?:today|tonight|this (?:morning|evening|week)|for (?:your )?\w+day)\b",
        ),
    ),
    (
        "de",
        r"(?i)^(?:das )?(?:morgen|abend|mittags)-?briefing\b|^(?:der|die) (?:tag|woche|lage) im überblick\b|^nachrichten(?:überblick| des tages| am (?:morgen|mittag|abend))\b|^(?:der|die) (?:tages|wochen)rückblick\b|^kurz(?:nachrichten|meldungen)\b",
    ),
    (
        "es",
        r"(?i)^(?:el )?resumen (?:de (?:noticias|prensa|la (?:semana|jornada))|del día|semanal)\b|^las noticias (?:de(?:l día| hoy| la (?:mañana|semana|noche)))\b|^(?:claves|titulares) del día\b|^lo más (?:importante|destacado) del día\b",
    ),
    (
        "fr",
        r"(?i)^l'essentiel de (?:l'actualité|la (?:journée|semaine))\b|^(?:le )?(?:résumé|récap) de (?:l'actualité|la (?:journée|semaine))\b|^(?:la )?revue de presse\b|^les titres du jour\b|^l'actu (?:du jour|en bref)\b",
    ),
    (
        "it",
        r"(?i)^(?:la )?rassegna stampa\b|^le notizie (?:del giorno|della (?:settimana|giornata)|di oggi)\b|^notizie in breve\b",
    ),
    ("nl", r"(?i)^nieuwsoverzicht\b|^het nieuws van (?:vandaag|de (?:dag|week))\b|^kort nieuws\b"),
    ("pt", r"(?i)^(?:o )?resumo (?:do dia|da semana|das notícias)\b|^(?:as )?(?:notícias|manchetes) do dia\b"),
    (
        "ru",
        r"(?i)^(?:главное|коротко) за (?:день|ночь|неделю)\b|^итоги (?:дня|недели)\b|^главные (?:новости|события) (?:дня|недели|к этому часу)\b|^дайджест\b",
    ),
    ("ar", r"^(?:موجز|نشرة) (?:الأخبار|الأنباء|أخبار)|^أبرز (?:أخبار|أنباء|عناوين)|^جولة الصحافة"),
    (
        "zh",
        r"^(?:今日|一周|昨夜今晨|每日)(?:要闻|要聞|新闻|新聞)|^(?:新闻|新聞)(?:早餐|早报|晚报|摘要|简报)|^(?:早报|晚报|早知道)[:|]",
    ),
    (
        "ja",
        r"^(?:今日|昨日|今週|朝|夕方)の(?:主な)?ニュース|^ニュース(?:まとめ|ダイジェスト|一覧)|^(?:朝刊|夕刊)(?:まとめ|一面)",
    ),
];

/// The same as patterns. All of them start where the title does, so that most titles are told after a few letters.
static UMBRELLA: Patterns = Patterns::new(UMBRELLAS, |_, pattern| pattern.to_owned());

/// Words that are in all phrases which say so of an English title wherever they stand, …
const UMBRELLA_WORDS: [&[u8]; 4] = [b"round", b"roundup", b"glance", b"review"];

/// … and these phrases.
const UMBRELLA_PHRASES: &str =
    "news round-?up|headlines at a glance|the day at a glance|today at a glance|day in review";

static UMBRELLA_INSIDE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r"(?i-u)\b(?:{UMBRELLA_PHRASES})\b")).ok());

/// Words in front of a title, or labels, of comment and analysis.
const OPINION: &[&str] = &[
    // English, German
    "opinion",
    "analysis",
    "comment",
    "editorial",
    "explainer",
    "meinung",
    "kommentar",
    "analyse",
    "leitartikel",
    // Romance languages, Dutch
    "opinión",
    "análisis",
    "tribune",
    "édito",
    "éditorial",
    "opinião",
    "análise",
    "opinione",
    "commento",
    "analisi",
    "editoriale",
    "opinie",
    "commentaar",
    // Russian, Arabic, Chinese, Japanese
    "мнение",
    "колонка",
    "аналитика",
    "رأي",
    "تحليل",
    "评论",
    "評論",
    "社论",
    "社論",
    "社評",
    "分析",
    "社説",
    "論説",
    "解説",
];

/// Sections of comment in addresses.
const OPINION_SECTIONS: &[&str] = &["/opinion", "/commentisfree/", "/editorial", "/meinung/", "/kommentare/"];

/// Words, before a colon, that say of a text that it corrects another.
const CORRECTIONS: &[&str] = &[
    "Correction:",
    "CORRECTION",
    "Corrected:",
    "Korrektur:",
    "Berichtigung:",
    "Corrección:",
    "Rectificatif",
    "Correção:",
    "Rettifica:",
    "Rectificatie:",
    "Исправление:",
    "تصحيح:",
    "更正:",
    "訂正:",
];

/// Whether a title is one of entries that cover many events.
pub fn is_umbrella(title: &str, lang: Lang) -> bool {
    let inside = || UMBRELLA_INSIDE.as_ref().is_some_and(|r| r.is_match(title));
    // Most titles have none of the words that are asked for, and no pattern need be tried.
    let may_say = |word: &[u8]| UMBRELLA_WORDS.iter().any(|of| word.eq_ignore_ascii_case(of));
    UMBRELLA.get(lang).is_some_and(|r| r.is_match(title))
        || (or_english(lang) == "en" && title.as_bytes().split(|b| !b.is_ascii_alphabetic()).any(may_say) && inside())
}

/// The flags of an entry.
pub fn of(entry: &Entry, lang: Lang, title: &str, label: Option<&str>, body: &str) -> Flags {
    let mut flags = Flags::default();
    let mut set_if = |flag, yes| {
        if yes {
            flags.set(flag);
        }
    };
    set_if(Flag::Umbrella, is_umbrella(title, lang));
    set_if(Flag::Opinion, is_opinion(entry, label));
    set_if(Flag::Live, entry.rare.parent.is_some());
    set_if(Flag::Correction, is_correction(title, label, body));
    set_if(Flag::BadDate, entry.published.quality == ClockQuality::Unknown && entry.published.raw.is_some());
    flags
}

fn is_opinion(entry: &Entry, label: Option<&str>) -> bool {
    let labelled = entry.rare.labels.iter().map(|l| l.to_lowercase()).any(|l| OPINION.contains(&l.as_str()));
    let section = |u: &str| OPINION_SECTIONS.iter().any(|s| u.contains(s));
    labelled || label.is_some_and(|l| OPINION.contains(&l)) || entry.url.as_deref().is_some_and(section)
}

fn is_correction(title: &str, label: Option<&str>, body: &str) -> bool {
    let says = |t: &str| t.bytes().next().is_some_and(may_say) && CORRECTIONS.iter().any(|word| t.starts_with(word));
    let labelled = |l: &str| CORRECTIONS.iter().any(|w| w.trim_end_matches(':').to_lowercase() == l);
    label.is_some_and(|l| l.starts_with("correct") || labelled(l)) || says(title) || lines(body).any(says)
}

/// Whether one of the words that say so starts with this byte.
fn may_say(first: u8) -> bool {
    matches!(first, b'B' | b'C' | b'K' | b'R' | 0x80..)
}

/// The lines of a folded body.
fn lines(body: &str) -> impl Iterator<Item = &str> {
    let starts = memchr::memchr_iter(b'\n', body.as_bytes()).map(|end| end + 1);
    [0].into_iter().chain(starts).map(|start| &body[start..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry;

    #[test]
    fn every_phrase_has_a_word_that_is_asked_for() {
        for phrase in UMBRELLA_PHRASES.replace("-?", " ").split('|') {
            let asked = phrase.split(' ').any(|word| UMBRELLA_WORDS.contains(&word.as_bytes()));
            assert!(asked, "{phrase}");
        }
        for title in ["All the news round-up", "Sport: News RoundUp", "Markets: the day at a glance", "A day in review"]
        {
            assert!(is_umbrella(title, Lang::EN), "{title}");
        }
    }

    fn flags(title: &str, lang: Lang) -> Vec<Flag> {
        let e = entry("k", title, "");
        of(&e, lang, title, None, "").list()
    }

    #[test]
    fn round_ups_are_umbrellas_and_stories_are_not() {
        for title in [
            "Morning briefing: ferry, frost and football",
            "News round-up",
            "The day at a glance",
            "Five things to know today",
        ] {
            assert_eq!(flags(title, Lang::EN), [Flag::Umbrella], "{title}");
        }
        for title in [
            "Police round up stray cattle",
            "Minister gives morning briefing on floods",
            "What we know about the ferry",
        ] {
            assert!(flags(title, Lang::EN).is_empty(), "{title}");
        }
    }

    #[test]
    fn a_label_makes_an_opinion_and_a_parent_a_live_post() {
        let mut e = entry("k", "Where next for the port?", "");
        e.rare.make_mut().labels = vec!["Analysis".into()];
        e.rare.make_mut().parent = Some("page".into());
        assert_eq!(of(&e, Lang::EN, "t", None, "").list(), [Flag::Opinion, Flag::Live]);
        assert_eq!(
            of(&entry("k", "t", ""), Lang::EN, "t", None, "Text.\nCorrection: fourteen, not four.").list(),
            [Flag::Correction]
        );
    }

    #[test]
    fn every_word_of_correction_is_looked_for() {
        for word in CORRECTIONS {
            assert!(is_correction("", None, &format!("Text.\n{word} fourteen")), "{word}");
            assert!(!is_correction("", None, &format!("Text {word} fourteen")), "{word}");
        }
    }

    #[test]
    fn round_ups_of_other_languages_are_umbrellas() {
        let rows = [
            ("de", "Der Tag im Überblick", "Der Tag der Fischer"),
            ("es", "Resumen de noticias del martes", "Resumen judicial del caso del muelle"),
            ("fr", "L'essentiel de l'actualité du 14 janvier", "L'essentiel du pont est détruit"),
            ("it", "Rassegna stampa del 14 gennaio", "La stampa sul ponte"),
            ("pt", "Resumo do dia", "Dia de chuva no porto"),
            ("nl", "Nieuwsoverzicht", "Nieuwe haven"),
            ("ru", "Главное за день", "Главное управление порта закрыто"),
            ("ar", "موجز الأخبار", "أخبار الميناء تثير القلق"),
            ("zh", "今日要闻", "今日港口关闭"),
            ("ja", "今日のニュース", "今日フェリーが座礁"),
        ];
        for (code, round_up, story) in rows {
            let lang = Lang::from_code(code);
            assert_eq!(flags(round_up, lang), [Flag::Umbrella], "{code}");
            assert!(flags(story, lang).is_empty(), "{code}");
        }
        assert_eq!(flags("News round-up", Lang::UNKNOWN), [Flag::Umbrella], "read as English");
        assert!(flags("News round-up", Lang::from_code("sv")).is_empty(), "no table");
    }
}
