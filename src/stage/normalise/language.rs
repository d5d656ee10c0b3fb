//! Which language a text is in.

use super::NormaliseSettings;
use crate::model::{Entry, Lang};

/// Characters that the detector looks at: more does not make it surer.
const DETECT_CHARS: usize = 400;

/// The record's own language, else the detector's when it is sure and there are enough words, else
/// the source's usual one, else unknown.
pub fn of(entry: &Entry, title: &str, body: &str, words: u32, usual: Lang, settings: &NormaliseSettings) -> Lang {
    let own = entry.lang.as_deref().map(Lang::from_code).unwrap_or_default();
    if own != Lang::UNKNOWN {
        return own;
    }
    let detected = if settings.detect_language && words >= settings.detect_words { detect(title, body) } else { None };
    detected.unwrap_or(usual)
}

fn detect(title: &str, body: &str) -> Option<Lang> {
    let sample: String = title.chars().chain(" ".chars()).chain(body.chars()).take(DETECT_CHARS).collect();
    let info = whatlang::detect(&sample)?;
    info.is_reliable().then(|| two_letters(info.lang()))
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

    #[test]
    fn the_record_beats_the_detector_and_the_detector_the_usual_language() {
        let s = NormaliseSettings::default();
        let german = "Die Fähre lief am Morgen vor dem Hafen auf Grund, und alle Fahrgäste wurden von der Küstenwache in Sicherheit gebracht.";
        let mut e = entry("k", "", german);
        let usual = Lang::from_code("fr");
        assert_eq!(of(&e, "", german, 22, usual, &s), Lang::from_code("de"));
        assert_eq!(of(&e, "", german, 5, usual, &s), usual, "too few words to be sure");
        e.lang = Some("sv-SE".into());
        assert_eq!(of(&e, "", german, 22, usual, &s), Lang::from_code("sv"));
        e.lang = Some("unclear".into());
        assert_eq!(of(&e, "", "x", 1, Lang::UNKNOWN, &s), Lang::UNKNOWN);
    }
}
