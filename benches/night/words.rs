//! One vocabulary and one set of names, invented or counted, that everything of a night draws from.

use super::dice::{Dice, Weighted};
use retold::source::unpacked;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Invented content words.
const CONTENT: usize = 60_000;
/// Invented names.
const NAMES: usize = 20_000;

/// Function words, the commonest first.
const FUNCTION: &str = "the of to and a in is that for on was with as it by at from be has have an are he will his this but said \
they not were which their had been who its or would after more one about also she up when there her out if we what other can over \
new than some all could into them two you no first i before him so these time most last during while many only between where such \
do those both against because any under just like even may now through being our then should how very since your each does did \
made well still back way must too down much however around within until several among without across never further according";

const SYLLABLES: &str = "ter con com re in de per pro ver ex ap sub man tor port land gar mil stan der son cal ber min ad dis mar par \
car tra gen ser pre cor bel pen ten sen for fer mer mon mor nor pol ral ran rec sal sol tan ven wal war wel wes win wor har hal \
hen hol ham bur bar bor cam can cen cap cat clo cul dan den dor eli emp enc fac fal fin fla fol fre fun gal gra gre hos imp ind \
inter jun kel lab lan lar lat lea leg lev lin loc lon mac mag mas mat med mem met mod mus nat nov oper ord org pal pas pat pos \
pres prin pub qua rad rel res riv rol ros sec sep sha sim sta sto str sur tal tec tel tem tim tow tre tur uni val var vic vil vis";

const ENDINGS: &str = "ing ed er s ion ment ly al ers ation ness ity ive ance ist able ure ous en es";

const NAME_ENDINGS: &str = "son ford ton ham ley berg man er ez ini ov ard wick stad ville more ell ick ett dale";

/// What the texts of a night are made of, each kind the commonest first.
pub struct Words {
    /// Words that are in every text whatever it is about.
    pub function: Kind,
    /// Words that say what it is about.
    pub content: Kind,
    /// Capitalised names of people and places.
    pub names: Kind,
}

/// Words of a kind and how often each comes.
pub struct Kind {
    words: Vec<String>,
    often: Weighted,
}

impl Kind {
    fn zipf(words: Vec<String>, shift: f64, power: f64) -> Kind {
        Kind { often: Weighted::zipf(words.len(), shift, power), words }
    }

    /// The words of `counts`, the commonest first, as often as they were counted.
    fn counted(counts: BTreeMap<String, u32>) -> Option<Kind> {
        let mut sorted: Vec<(String, u32)> = counts.into_iter().collect();
        sorted.sort_by(|x, y| y.1.cmp(&x.1).then(x.0.cmp(&y.0)));
        let often = sorted.iter().map(|(_, n)| f64::from(*n)).collect::<Vec<_>>();
        (!often.is_empty())
            .then(|| Kind { often: Weighted::new(&often), words: sorted.into_iter().map(|(word, _)| word).collect() })
    }

    /// A word by its place.
    pub fn word(&self, place: usize) -> &str {
        &self.words[place]
    }

    /// The place of a word drawn as often as it comes.
    pub fn draw(&self, dice: &mut Dice) -> usize {
        self.often.draw(dice)
    }

    /// The place of a word that is not among the commonest `not` (where there are more than those).
    pub fn rarer(&self, not: usize, dice: &mut Dice) -> usize {
        (0..64).map(|_| self.draw(dice)).find(|place| *place >= not).unwrap_or_else(|| self.draw(dice))
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }
}

impl Words {
    /// 60,000 words and 20,000 names made of syllables, by Zipf's law.
    pub fn invented(seed: u64) -> Words {
        let mut dice = Dice::new(seed, &[1]);
        let parts = Parts::new();
        let function: Vec<String> = FUNCTION.split_whitespace().map(str::to_string).collect();
        let mut taken: BTreeSet<String> = function.iter().cloned().collect();
        let content = (0..CONTENT).map(|r| new_word(&mut taken, &mut dice, |dice| parts.word(r, dice))).collect();
        let names = (0..NAMES).map(|r| new_word(&mut taken, &mut dice, |dice| parts.name(r, dice))).collect();
        Words {
            function: Kind::zipf(function, 1.5, 1.0),
            content: Kind::zipf(content, 8.0, 1.0),
            names: Kind::zipf(names, 8.0, 0.9),
        }
    }

    /// The words and names of a file (plain, gzip or zstd; of JSON Lines the titles and texts) with their counts there.
    /// Of its sentences nothing is kept.
    ///
    /// # Errors
    /// The file cannot be read, or holds too few words.
    pub fn counted(path: &Path) -> io::Result<Words> {
        let mut counts = Counts::default();
        each_text(path, |text| counts.add(text))?;
        counts.words().ok_or_else(|| io::Error::other("it holds too few words; give a file of some thousand articles"))
    }
}

/// Calls `f` with every title and text of a file.
fn each_text(path: &Path, mut f: impl FnMut(&str)) -> io::Result<()> {
    for line in BufReader::new(unpacked(BufReader::new(File::open(path)?))?).lines() {
        let line = line?;
        match serde_json::from_str::<serde_json::Value>(&line) {
            Ok(row) => ["title", "text"].iter().filter_map(|field| row[*field].as_str()).for_each(&mut f),
            Err(_) => f(&line),
        }
    }
    Ok(())
}

/// Counts of words as they are written.
#[derive(Default)]
struct Counts {
    small: BTreeMap<String, u32>,
    capital: BTreeMap<String, u32>,
}

impl Counts {
    fn add(&mut self, text: &str) {
        for word in text.split(|c: char| !c.is_alphabetic()).filter(|w| w.chars().nth(1).is_some()) {
            let counts = if word.starts_with(char::is_uppercase) { &mut self.capital } else { &mut self.small };
            match counts.get_mut(word) {
                Some(n) => *n += 1,
                None => {
                    counts.insert(word.to_string(), 1);
                }
            }
        }
    }

    /// A word is a name where it is written small less than once in ten times.
    fn words(mut self) -> Option<Words> {
        let mut names = BTreeMap::new();
        for (word, n) in self.capital {
            let small = self.small.entry(word.to_lowercase()).or_default();
            if *small * 9 < n {
                names.insert(word, n);
            } else {
                *small += n;
            }
        }
        let function: BTreeSet<&str> = FUNCTION.split_whitespace().collect();
        let (function, content) =
            self.small.into_iter().filter(|(_, n)| *n > 0).partition(|(word, _)| function.contains(word.as_str()));
        let words = Words {
            function: Kind::counted(function)?,
            content: Kind::counted(content)?,
            names: Kind::counted(names)?,
        };
        (words.content.len() > 1_000 && words.names.len() > 100).then_some(words)
    }
}

fn new_word(taken: &mut BTreeSet<String>, dice: &mut Dice, make: impl Fn(&mut Dice) -> String) -> String {
    loop {
        let word = make(dice);
        if taken.insert(word.clone()) {
            return word;
        }
    }
}

/// What words are put together from.
struct Parts {
    syllables: Vec<&'static str>,
    endings: Vec<&'static str>,
    name_endings: Vec<&'static str>,
}

impl Parts {
    fn new() -> Parts {
        let list = |text: &'static str| text.split_whitespace().collect();
        Parts { syllables: list(SYLLABLES), endings: list(ENDINGS), name_endings: list(NAME_ENDINGS) }
    }

    /// Common words are shorter than rare ones.
    fn word(&self, rank: usize, dice: &mut Dice) -> String {
        let syllables = 1 + usize::from(rank > 700) + usize::from(rank > 20_000 && dice.chance(0.5));
        let mut word: String = (0..syllables).map(|_| one_of(&self.syllables, dice)).collect();
        if dice.chance(if rank > 700 { 0.35 } else { 0.8 }) {
            word += one_of(&self.endings, dice);
        }
        word
    }

    fn name(&self, rank: usize, dice: &mut Dice) -> String {
        let mut name: String = (0..1 + usize::from(rank > 1_500)).map(|_| one_of(&self.syllables, dice)).collect();
        name += one_of(&self.name_endings, dice);
        name[..1].make_ascii_uppercase();
        name
    }
}

fn one_of<'a>(list: &[&'a str], dice: &mut Dice) -> &'a str {
    list[dice.below(list.len())]
}
