//! Words that carry no topic, by language. Where a language has no list, idf does the work.

use super::signature::word_hash;
use super::tokens::lower;
use crate::model::Lang;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Whether a word as it is compared (lower case, without its possessive) says nothing of a topic.
pub fn is_stopword(word: &str, lang: Lang) -> bool {
    match lang.code() {
        Some("en") => ENGLISH.binary_search(&word).is_ok(),
        _ => list_of(lang).is_some_and(|(_, list)| list.contains(word)),
    }
}

/// Whether a pair of characters says nothing of a topic: it is a stop word, or each of its characters is one.
pub fn is_stop_pair(pair: &str, lang: Lang) -> bool {
    let mut letter = [0; 4];
    lang.code().is_some()
        && (is_stopword(pair, lang) || pair.chars().all(|c| is_stopword(c.encode_utf8(&mut letter), lang)))
}

/// Whether `lang` is the one language that has more of these words than any other among its stop words, and they are at
/// least one in four. Of the words there are the [`word_hash`]es as they are compared.
pub fn speaks(words: &[u64], lang: Lang) -> bool {
    let Some(own) = list_of(lang).map(|(code, _)| code).or(lang.code()) else { return false };
    let hits = Hits::of(words);
    hits.best.is_some_and(|best| *best == own) && hits.most > hits.second && hits.most * 4 >= hits.words
}

/// The language whose stop words these words, by their hashes, show beyond doubt: it has one in four of them, and no other
/// has half as many. `None` also where languages are taken for one another.
pub fn spoken(words: &[u64]) -> Option<Lang> {
    let hits = Hits::of(words);
    let sure = hits.most * 4 >= hits.words && hits.most >= 2 * hits.second && hits.most > 0;
    let lang = hits.best.filter(|_| sure).map(|code| Lang::from_code(code))?;
    let mistaken = MISTAKEN.contains(&lang.family().code().unwrap_or(""));
    (!mistaken).then_some(lang)
}

/// Families of which the detector tells the members better.
const MISTAKEN: [&str; 4] = ["no", "he", "id", "hr"];

/// How many words stand in the lists of languages.
struct Hits {
    /// How many words there are.
    words: usize,
    /// The language with the most, the first of equals.
    best: Option<&'static &'static str>,
    most: usize,
    /// The most that another has.
    second: usize,
}

impl Hits {
    fn of(words: &[u64]) -> Hits {
        let Lists { codes, holding } = &*LISTS;
        let mut count = vec![0_usize; codes.len()];
        for word in words {
            let mut lists = holding.get(word).copied().unwrap_or_default();
            while lists != 0 {
                count[lists.trailing_zeros() as usize] += 1;
                lists &= lists - 1;
            }
        }
        let first_of = |n: usize| count.iter().position(|c| *c == n);
        let most = count.iter().copied().max().unwrap_or(0);
        let best = first_of(most);
        let others = count.iter().enumerate().filter(|(i, _)| Some(*i) != best);
        let second = others.map(|(_, n)| *n).max().unwrap_or(0);
        Hits { words: words.len(), best: best.and_then(|i| codes.get(i)), most, second }
    }
}

/// The lists of all languages, by word.
struct Lists {
    /// The languages that have lists, ascending by code.
    codes: Vec<&'static str>,
    /// For the hash of each word of any list a bit for each language that holds it, by its place.
    holding: FxHashMap<u64, u128>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    // Not made of OTHERS: most runs ask for no list of one language.
    let mut lists: Vec<(&'static str, &'static [&'static str])> =
        others().filter(|(code, _)| code.len() == 2).chain([("en", ENGLISH)]).collect();
    lists.sort_unstable();
    let words = lists.iter().map(|(_, words)| words.len()).sum();
    let mut holding: FxHashMap<u64, u128> = FxHashMap::with_capacity_and_hasher(words, FxBuildHasher);
    let mut lowered = String::new();
    for ((_, words), place) in lists.iter().zip(0..u128::BITS) {
        for word in words.iter() {
            lower(word, &mut lowered);
            *holding.entry(word_hash(lowered.as_bytes())).or_default() |= 1 << place;
        }
    }
    Lists { codes: lists.into_iter().map(|(code, _)| code).collect(), holding }
});

/// The words of a language other than English: its own list, or that of its family where it has none.
fn list_of(lang: Lang) -> Option<(&'static str, &'static Words)> {
    let list = |lang: Lang| OTHERS.get_key_value(lang.code()?);
    list(lang).or_else(|| list(lang.family())).map(|(code, words)| (*code, words))
}

type Word = Cow<'static, str>;
type Words = FxHashSet<Word>;

/// The lists of every language but English, as words are compared.
static OTHERS: LazyLock<FxHashMap<&'static str, Words>> = LazyLock::new(|| {
    let mut lowered = String::new();
    others().map(|(code, words)| (code, words.iter().map(|word| compared(word, &mut lowered)).collect())).collect()
});

/// The lists of every language but English, as they are written.
fn others() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let others = stop_words::available_languages().iter().filter(|code| **code != "en");
    others.filter_map(|code| Some((*code, stop_words::lookup(code)?)))
}

/// A word as it is compared.
fn compared(word: &'static str, lowered: &mut String) -> Word {
    lower(word, lowered);
    if lowered == word { Cow::Borrowed(word) } else { Cow::Owned(lowered.clone()) }
}

/// English function words, weekdays, and the words of news itself. Sorted.
const ENGLISH: &[&str] = &[
    "a",
    "about",
    "above",
    "according",
    "after",
    "again",
    "against",
    "ago",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "aren't",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "can",
    "can't",
    "cannot",
    "could",
    "couldn't",
    "did",
    "didn't",
    "do",
    "does",
    "doesn't",
    "doing",
    "don't",
    "down",
    "during",
    "each",
    "few",
    "for",
    "friday",
    "from",
    "further",
    "get",
    "had",
    "hadn't",
    "has",
    "hasn't",
    "have",
    "haven't",
    "having",
    "he",
    "he'd",
    "he'll",
    "her",
    "here",
    "hers",
    "herself",
    "him",
    "himself",
    "his",
    "how",
    "i",
    "i'd",
    "i'll",
    "i'm",
    "i've",
    "if",
    "in",
    "into",
    "is",
    "isn't",
    "it",
    "it'll",
    "its",
    "itself",
    "just",
    "like",
    "may",
    "me",
    "might",
    "monday",
    "more",
    "most",
    "mr",
    "mrs",
    "ms",
    "must",
    "my",
    "myself",
    "new",
    "news",
    "no",
    "nor",
    "not",
    "now",
    "of",
    "off",
    "on",
    "once",
    "one",
    "only",
    "or",
    "other",
    "our",
    "ours",
    "ourselves",
    "out",
    "over",
    "own",
    "report",
    "reported",
    "reports",
    "said",
    "same",
    "saturday",
    "say",
    "saying",
    "says",
    "shall",
    "she",
    "she'd",
    "she'll",
    "should",
    "shouldn't",
    "so",
    "some",
    "still",
    "such",
    "sunday",
    "than",
    "that",
    "the",
    "their",
    "theirs",
    "them",
    "themselves",
    "then",
    "there",
    "these",
    "they",
    "they'd",
    "they'll",
    "they're",
    "they've",
    "this",
    "those",
    "through",
    "thursday",
    "to",
    "told",
    "too",
    "tuesday",
    "two",
    "under",
    "until",
    "up",
    "us",
    "very",
    "was",
    "wasn't",
    "we",
    "we'd",
    "we'll",
    "we're",
    "we've",
    "wednesday",
    "were",
    "weren't",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "whom",
    "why",
    "will",
    "with",
    "won't",
    "would",
    "wouldn't",
    "yet",
    "you",
    "you'd",
    "you'll",
    "you're",
    "you've",
    "your",
    "yours",
    "yourself",
    "yourselves",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_so_that_it_can_be_searched() {
        assert!(ENGLISH.is_sorted());
        assert!(
            ENGLISH.iter().all(|word| compared(word, &mut String::new()) == *word),
            "they stand as they are compared"
        );
        assert!(LISTS.codes.len() <= u128::BITS as usize, "each has a bit");
        assert!(is_stopword("which", Lang::EN) && is_stopword("tuesday", Lang::EN));
        assert!(!is_stopword("ferry", Lang::EN));
        assert!(!is_stopword("which", Lang::UNKNOWN));
    }

    #[test]
    fn other_languages_have_lists_of_function_words_without_topics() {
        let rows = [
            ("de", "über", "hafen"),
            ("es", "también", "puerto"),
            ("fr", "dans", "port"),
            ("it", "della", "porto"),
            ("pt", "não", "porto"),
            ("ru", "когда", "москва"),
            ("ar", "الذي", "ميناء"),
            ("pl", "jest", "port"),
            ("uk", "який", "порт"),
            ("nb", "ikke", "havn"),
            ("tr", "ve", "liman"),
            ("hi", "और", "नौका"),
        ];
        for (code, stop, topic) in rows {
            let lang = Lang::from_code(code);
            assert!(is_stopword(stop, lang), "{stop} in {code}");
            assert!(!is_stopword(topic, lang), "{topic} in {code}");
            assert!(!is_stopword(stop, Lang::UNKNOWN) && !is_stopword(stop, Lang::EN), "{stop}");
        }
    }

    #[test]
    fn function_words_tell_languages_that_are_alike_apart() {
        let hashes = |text: &str| -> Vec<u64> { text.split(' ').map(|word| word_hash(word.as_bytes())).collect() };
        let of = |text: &str, code: &str| speaks(&hashes(text), Lang::from_code(code));
        let spanish = "el fuego empezó por la noche y no se pudo salvar el puerto de los pescadores";
        assert!(of(spanish, "es") && !of(spanish, "pt") && !of(spanish, "ca"));
        let norwegian = "det ble ikke funnet noen om bord og det er uklart hva som har skjedd";
        assert!(of(norwegian, "nb") && !of(norwegian, "sv"));
        assert!(!of("puerto elero norte", "es"), "no function words");
        assert!(!of(spanish, "") && !speaks(&[], Lang::EN));
    }

    #[test]
    fn pairs_of_function_characters_are_stop_words() {
        let (zh, ja) = (Lang::from_code("zh"), Lang::from_code("ja"));
        assert!(is_stop_pair("我们", zh) && is_stop_pair("的是", zh) && !is_stop_pair("渡轮", zh));
        assert!(is_stop_pair("した", ja) && is_stop_pair("ます", ja) && !is_stop_pair("座礁", ja));
        assert!(!is_stop_pair("した", Lang::UNKNOWN));
    }
}
