//! Which language a text is in.

use super::{Furniture, NormaliseSettings, Tables};
use crate::algo::fold::fold;
use crate::algo::stopwords::{speaks, spoken as spoken_by};
use crate::algo::tokens::{Kind, count, hash, tokens};
use crate::model::excerpt::first_chars;
use crate::model::{Entry, Lang};
use rayon::prelude::*;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Characters that the detector looks at: more does not make it surer.
const DETECT_CHARS: usize = 400;

/// Bytes per word beyond which no text has fewer words than it takes.
const LONGEST_WORD: usize = 100;

/// Entries of an outlet by which its usual language is told.
const MOST_READ: usize = 64;
/// Bytes below which a text does not have words enough.
const LEAST_BYTES: usize = 60;
/// Entries of one language that an outlet must have for it to be its usual one.
const USUAL_ENTRIES: usize = 3;
/// One over the share of entries that may be in other languages.
const USUAL_OTHERS: usize = 5;

/// The record's own language, else the detector's when it is sure, or the function words bear it out, and there are enough words, else the outlet's usual
/// one, else the source's, else unknown. Title and body are folded.
pub fn of(entry: &Entry, title: &str, body: &str, tables: &Tables, settings: &NormaliseSettings) -> Lang {
    known(entry, title, body, settings).or_else(|| told(entry, tables)).unwrap_or_default()
}

/// The record's own language, else the outlet's usual one, else the source's.
pub fn told(entry: &Entry, tables: &Tables) -> Option<Lang> {
    let of_outlet = || tables.spoken.get(&*entry.outlet).copied().filter(|_| entry.outlet_known);
    let of_source = || tables.usual.get(&*entry.source).copied();
    own(entry).or_else(of_outlet).or_else(of_source)
}

/// The language that an entry shows by itself.
fn known(entry: &Entry, title: &str, body: &str, settings: &NormaliseSettings) -> Option<Lang> {
    let own = own(entry);
    if own.is_some() || !settings.detect_language {
        return own;
    }
    let least = settings.detect_words as usize;
    // Long texts have words enough; the others are counted.
    let enough = body.len() > least * LONGEST_WORD || count(title) + count(body) >= least;
    if enough { detect(title, body) } else { None }
}

fn own(entry: &Entry) -> Option<Lang> {
    entry.lang.as_deref().map(Lang::from_code).filter(|l| *l != Lang::UNKNOWN)
}

/// The usual language of each outlet that has one: that of four in five of its entries whose language is known, of
/// three at least. The first of them in the order of `entries` are read.
pub fn spoken(entries: &[Entry], furniture: &Furniture, settings: &NormaliseSettings) -> BTreeMap<String, Lang> {
    let mut outlets: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|e| e.outlet_known) {
        let told = own(entry).is_some() || entry.title.len() + entry.body.len() >= LEAST_BYTES;
        let read = outlets.entry(&entry.outlet).or_default();
        if told && read.len() < MOST_READ {
            read.push(entry);
        }
    }
    let outlets: Vec<(&str, Vec<&Entry>)> = outlets.into_iter().filter(|(_, es)| es.len() >= USUAL_ENTRIES).collect();
    let detected = |e: &Entry| known(e, &fold(&e.title), &furniture.out_of(e), settings);
    let language = |e: &&Entry| if settings.detect_language { detected(e) } else { own(e) };
    let each = outlets
        .par_iter()
        .filter_map(|(outlet, es)| Some((outlet.to_string(), usual(es.iter().filter_map(language).collect())?)));
    each.collect::<Vec<_>>().into_iter().collect()
}

/// The language that is usual among these.
fn usual(mut langs: Vec<Lang>) -> Option<Lang> {
    langs.sort_unstable();
    let most = langs.chunk_by(|a, b| a == b).max_by_key(|run| run.len())?;
    let others = langs.len() - most.len();
    (most.len() >= USUAL_ENTRIES && others * USUAL_OTHERS <= langs.len()).then_some(most[0])
}

/// Patterns by the code of a language, each made when a text of that language first asks for it: to make all takes longer than
/// to read a thousand texts.
pub struct Patterns {
    of: &'static [(&'static str, &'static str)],
    /// The whole of a pattern, by its language and what is listed.
    whole: fn(&str, &str) -> String,
    made: [OnceLock<Option<Regex>>; TABLES.len()],
}

impl Patterns {
    /// One pattern a language at most.
    pub const fn new(of: &'static [(&'static str, &'static str)], whole: fn(&str, &str) -> String) -> Patterns {
        Patterns { of, whole, made: [const { OnceLock::new() }; TABLES.len()] }
    }

    /// The pattern of a language; `None` where there is none.
    pub fn get(&self, lang: Lang) -> Option<&Regex> {
        let code = or_english(lang);
        let (at, (_, words)) = self.of.iter().enumerate().find(|(_, (of, _))| *of == code)?;
        self.made.get(at)?.get_or_init(|| Regex::new(&(self.whole)(code, words)).ok()).as_ref()
    }
}

/// The languages that there are patterns for.
const TABLES: [&str; 11] = ["en", "de", "es", "fr", "it", "nl", "pt", "ru", "ar", "zh", "ja"];

/// The code by which patterns are looked up: a text of unknown language is read as English.
pub fn or_english(lang: Lang) -> &'static str {
    match lang.code() {
        None => "en",
        Some(code) => TABLES.into_iter().find(|t| *t == code).unwrap_or(""),
    }
}

fn detect(title: &str, body: &str) -> Option<Lang> {
    let sample = sample(title, body);
    let words = compared(&sample);
    // Trigrams are dear, and function words mostly leave nothing to ask.
    if let Some(lang) = spoken_by(&words) {
        return Some(lang);
    }
    let info = whatlang::detect(&sample)?;
    let lang = two_letters(info.lang());
    (info.is_reliable() || speaks(&words, lang)).then_some(lang)
}

/// The first characters of title and body.
fn sample(title: &str, body: &str) -> String {
    let mut out = first_chars(title, DETECT_CHARS).to_owned();
    let left = DETECT_CHARS - out.chars().count();
    if left > 0 {
        out.push(' ');
        out.push_str(first_chars(body, left - 1));
    }
    out
}

/// The hashes of the words of a text as they are compared.
fn compared(text: &str) -> Vec<u64> {
    let (tokens, mut lowered) = (tokens(text), String::new());
    let mut hashes = Vec::with_capacity(tokens.len());
    let words = tokens.into_iter().filter(|t| t.kind == Kind::Word);
    hashes.extend(words.map(|token| hash(text, token, &mut lowered)));
    hashes
}

/// ISO 639-1 of the detector's three-letter codes; unknown where there is none.
fn two_letters(lang: whatlang::Lang) -> Lang {
    use whatlang::Lang as L;
    let code = match lang {
        L::Eng => "en",
        L::Rus => "ru",
        L::Cmn => "zh",
        L::Spa => "es",
        L::Por => "pt",
        L::Ita => "it",
        L::Ben => "bn",
        L::Fra => "fr",
        L::Deu => "de",
        L::Ukr => "uk",
        L::Kat => "ka",
        L::Ara => "ar",
        L::Hin => "hi",
        L::Jpn => "ja",
        L::Heb => "he",
        L::Yid => "yi",
        L::Pol => "pl",
        L::Amh => "am",
        L::Jav => "jv",
        L::Kor => "ko",
        L::Nob => "nb",
        L::Dan => "da",
        L::Swe => "sv",
        L::Fin => "fi",
        L::Tur => "tr",
        L::Nld => "nl",
        L::Hun => "hu",
        L::Ces => "cs",
        L::Ell => "el",
        L::Bul => "bg",
        L::Bel => "be",
        L::Mar => "mr",
        L::Kan => "kn",
        L::Ron => "ro",
        L::Slv => "sl",
        L::Hrv => "hr",
        L::Srp => "sr",
        L::Mkd => "mk",
        L::Lit => "lt",
        L::Lav => "lv",
        L::Est => "et",
        L::Tam => "ta",
        L::Vie => "vi",
        L::Urd => "ur",
        L::Tha => "th",
        L::Guj => "gu",
        L::Uzb => "uz",
        L::Pan => "pa",
        L::Aze => "az",
        L::Ind => "id",
        L::Tel => "te",
        L::Pes => "fa",
        L::Mal => "ml",
        L::Ori => "or",
        L::Mya => "my",
        L::Nep => "ne",
        L::Sin => "si",
        L::Khm => "km",
        L::Tuk => "tk",
        L::Aka => "ak",
        L::Zul => "zu",
        L::Sna => "sn",
        L::Afr => "af",
        L::Lat => "la",
        L::Slk => "sk",
        L::Cat => "ca",
        L::Tgl => "tl",
        L::Hye => "hy",
        _ => "",
    };
    Lang::from_code(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry;

    const GERMAN: &str = "Die Fähre lief am Morgen vor dem Hafen auf Grund, und alle Fahrgäste wurden von der Küstenwache in Sicherheit gebracht.";

    fn lang(code: &str) -> Lang {
        Lang::from_code(code)
    }

    #[test]
    fn the_record_beats_the_detector_and_the_detector_the_usual_language() {
        let s = NormaliseSettings::default();
        let mut e = entry("k", "", GERMAN);
        let mut tables = Tables { usual: [(e.source.to_string(), lang("fr"))].into(), ..Tables::default() };
        let of = |e: &Entry, body: &str, tables: &Tables| of(e, "", body, tables, &s);
        assert_eq!(of(&e, GERMAN, &tables), lang("de"));
        assert_eq!(of(&e, "Die Fähre lief auf Grund", &tables), lang("fr"), "too few words to be sure");
        tables.spoken.insert(e.outlet.to_string(), lang("it"));
        assert_eq!(of(&e, "Die Fähre lief auf Grund", &tables), lang("it"), "the outlet says more than the source");
        e.outlet_known = false;
        assert_eq!(of(&e, "Die Fähre lief auf Grund", &tables), lang("fr"), "a file's name is no outlet");
        e.lang = Some("sv-SE".into());
        assert_eq!(of(&e, GERMAN, &tables), lang("sv"));
        e.lang = Some("unclear".into());
        assert_eq!(of(&e, "x", &Tables::default()), Lang::UNKNOWN);
    }

    #[test]
    fn an_outlet_speaks_what_four_in_five_of_its_entries_are_in() {
        assert_eq!(usual(vec![lang("de"); 2]), None, "too few");
        assert_eq!(usual([vec![lang("de"); 4], vec![lang("fr")]].concat()), Some(lang("de")));
        assert_eq!(usual([vec![lang("de"); 3], vec![lang("fr")]].concat()), None);
        let s = NormaliseSettings::default();
        let mut entries: Vec<Entry> = (0..3).map(|i| entry(&format!("k{i}"), "", GERMAN)).collect();
        entries.push(entry("short", "", "Hafen gesperrt"));
        let spoken = spoken(&entries, &Furniture::default(), &s);
        assert_eq!(spoken, [("Harbour Courier".to_string(), lang("de"))].into());
    }

    #[test]
    fn function_words_bear_out_a_detector_that_is_not_sure() {
        let spanish = "Más de cien bomberos lucharon hasta el amanecer contra el incendio sin poder salvar dos naves. Nadie resultó herido. Según los primeros datos de la policía, el fuego empezó por una avería del secadero.";
        assert_eq!(detect("Arde por completo el aserradero de Pinar Alto", spanish), Some(lang("es")));
        assert_eq!(detect("", "Pinar Alto Ellery Northam Vale Coast Tarnwick Brackwater"), None);
    }

    #[test]
    fn kana_tells_japanese_from_chinese() {
        let (zh, ja) = (
            "港口附近的渡轮昨天早上搁浅。海岸警卫队救起四十一名乘客,没有人受伤。",
            "港付近のフェリーが十四日朝に座礁し、海上保安庁が乗客四十一人を救助した。けが人はいなかった。",
        );
        assert_eq!((detect("", zh), detect("", ja)), (Some(lang("zh")), Some(lang("ja"))));
    }
}
