//! One account of an event: its title and its text.

use super::dice::{Dice, Weighted};
use super::plan::Topic;
use super::words::Words;

/// A title and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// The title.
    pub title: String,
    /// Paragraphs.
    pub text: Vec<String>,
}

/// What the accounts of one event share some of.
struct Matter {
    words: Vec<usize>,
    people: Vec<(usize, usize)>,
    place: usize,
    numbers: Vec<String>,
    quotes: Vec<String>,
}

/// What everything is written with.
pub struct Pen<'a> {
    words: &'a Words,
    topics: &'a [Topic],
    /// How often each of a topic's words comes.
    in_topic: Weighted,
    /// How often each topic has an event.
    topic: Weighted,
    seed: u64,
}

/// What an account draws from beside the vocabulary.
struct Sources<'a> {
    matter: &'a Matter,
    topic: &'a Topic,
}

const COUNTED: [&str; 12] = [
    "people", "percent", "years", "million", "homes", "days", "miles", "members", "dollars", "hours", "votes", "cases",
];

impl<'a> Pen<'a> {
    /// A pen that writes the events of a seed.
    pub fn new(words: &'a Words, topics: &'a [Topic], seed: u64) -> Pen<'a> {
        let in_topic = Weighted::zipf(topics[0].words.len(), 10.0, 0.8);
        Pen { words, topics, in_topic, topic: Weighted::zipf(topics.len(), 5.0, 0.7), seed }
    }

    /// The account `account` of the event `event`: the same whenever it is asked for.
    pub fn account(&self, event: u32, account: u16) -> Article {
        let mut dice = Dice::new(self.seed, &[5, u64::from(event)]);
        let topic = &self.topics[self.topic.draw(&mut dice)];
        let whole = self.matter(topic, &mut dice);
        let mut dice = Dice::new(self.seed, &[6, u64::from(event), u64::from(account)]);
        let matter = self.part_of(&whole, &mut dice);
        let sources = Sources { matter: &matter, topic };
        let text = self.text(&sources, &mut dice);
        Article { title: self.title(&matter, &mut dice), text }
    }

    fn matter(&self, topic: &Topic, dice: &mut Dice) -> Matter {
        let word = |dice: &mut Dice| {
            if dice.chance(0.5) { self.words.content.rarer(300, dice) } else { topic.words[self.in_topic.draw(dice)] }
        };
        let name = |dice: &mut Dice| {
            if dice.chance(0.4) { topic.names[dice.below(topic.names.len())] } else { self.words.names.draw(dice) }
        };
        let people = (0..dice.between(2, 5)).map(|_| (name(dice), self.words.names.draw(dice))).collect();
        let numbers = (0..dice.between(2, 5)).map(|_| number(dice)).collect();
        let quotes = (0..dice.below(4)).map(|_| self.quote(topic, dice)).collect();
        Matter { words: (0..40).map(|_| word(dice)).collect(), people, place: name(dice), numbers, quotes }
    }

    /// What one account tells of the event, with words and a witness of its own.
    fn part_of(&self, whole: &Matter, dice: &mut Dice) -> Matter {
        let mut words: Vec<usize> = whole.words.iter().copied().filter(|_| dice.chance(0.4)).collect();
        words.extend((0..24).map(|_| self.words.content.rarer(300, dice)));
        let mut people: Vec<(usize, usize)> =
            whole.people.iter().enumerate().filter(|(i, _)| *i == 0 || dice.chance(0.45)).map(|(_, p)| *p).collect();
        people.extend((0..3).map(|_| (self.words.names.draw(dice), self.words.names.draw(dice))));
        let mut numbers: Vec<String> = whole.numbers.iter().filter(|_| dice.chance(0.4)).cloned().collect();
        numbers.push(number(dice));
        let quotes = whole.quotes.iter().filter(|_| dice.chance(0.25)).cloned().collect();
        Matter { words, people, place: whole.place, numbers, quotes }
    }

    fn quote(&self, topic: &Topic, dice: &mut Dice) -> String {
        let mut quote = String::from("\u{201c}");
        for i in 0..dice.between(7, 16) {
            let word = match dice.unit() {
                x if x < 0.5 => self.words.function.word(self.words.function.draw(dice)),
                x if x < 0.8 => self.words.content.word(self.words.content.draw(dice)),
                _ => self.words.content.word(topic.words[self.in_topic.draw(dice)]),
            };
            if i == 0 {
                push_capital(&mut quote, word)
            } else {
                quote.push_str(word)
            }
            quote.push(' ');
        }
        quote.pop();
        quote + ".\u{201d}"
    }

    fn title(&self, matter: &Matter, dice: &mut Dice) -> String {
        let n = dice.between(6, 12);
        let mut title = String::new();
        for i in 0..n {
            let names = &self.words.names;
            let word = match (i, dice.unit()) {
                (0, x) if x < 0.45 => names.word(matter.people[0].1),
                (_, x) if x < 0.08 => names.word(matter.place),
                (_, x) if x < 0.16 => names.word(matter.people[dice.below(matter.people.len())].1),
                (_, x) if x < 0.20 => &matter.numbers[dice.below(matter.numbers.len())],
                (_, x) if x < 0.45 => self.words.function.word(self.words.function.draw(dice)),
                (_, x) if x < 0.92 => self.words.content.word(early(&matter.words, dice)),
                _ => self.words.content.word(self.words.content.draw(dice)),
            };
            if i == 0 {
                push_capital(&mut title, word)
            } else {
                title.push_str(word)
            }
            title.push(' ');
        }
        title.truncate(title.trim_end().len());
        title
    }

    fn text(&self, sources: &Sources<'_>, dice: &mut Dice) -> Vec<String> {
        let target = 130 + (400.0 * dice.unit().max(dice.unit())) as usize;
        let (mut paragraphs, mut words) = (Vec::new(), 0);
        let mut quotes = sources.matter.quotes.iter();
        while words < target {
            let mut paragraph = String::new();
            for _ in 0..dice.between(1, 4) {
                let n = dice.between(8, 30);
                self.sentence(&mut paragraph, n, words < 60, sources, dice);
                words += n;
            }
            if let Some(quote) = quotes.next().filter(|_| words > 60) {
                paragraph.push_str(quote);
            }
            paragraph.truncate(paragraph.trim_end().len());
            paragraphs.push(paragraph);
        }
        paragraphs
    }

    /// A sentence of about `n` words; at the head of an article more of them are of the event.
    fn sentence(&self, to: &mut String, n: usize, head: bool, sources: &Sources<'_>, dice: &mut Dice) {
        for i in 0..n {
            let from = to.len();
            self.word(to, head, sources, dice);
            if i == 0 {
                let word = to.split_off(from);
                push_capital(to, &word);
            }
            to.push_str(if i + 1 == n {
                ". "
            } else if dice.chance(0.04) {
                ", "
            } else {
                " "
            });
        }
    }

    fn word(&self, to: &mut String, head: bool, sources: &Sources<'_>, dice: &mut Dice) {
        let (matter, names) = (sources.matter, &self.words.names);
        let of_event = if head { 0.26 } else { 0.12 };
        match dice.unit() {
            x if x < 0.45 => to.push_str(self.words.function.word(self.words.function.draw(dice))),
            x if x < 0.49 => {
                let (first, last) = matter.people[dice.below(matter.people.len())];
                if dice.chance(0.3) {
                    to.push_str(names.word(first));
                    to.push(' ');
                }
                to.push_str(names.word(last));
            }
            x if x < 0.50 => to.push_str(names.word(matter.place)),
            x if x < 0.51 => to.push_str(names.word(names.draw(dice))),
            x if x < 0.52 => to.push_str(&matter.numbers[dice.below(matter.numbers.len())]),
            x if x < 0.52 + of_event => to.push_str(self.words.content.word(early(&matter.words, dice))),
            x if x < 0.60 + of_event => {
                to.push_str(self.words.content.word(sources.topic.words[self.in_topic.draw(dice)]));
            }
            _ => to.push_str(self.words.content.word(self.words.content.draw(dice))),
        }
    }
}

/// One of a list, the first more often than the last.
fn early(words: &[usize], dice: &mut Dice) -> usize {
    words[dice.below(words.len()).min(dice.below(words.len()))]
}

fn number(dice: &mut Dice) -> String {
    let n = if dice.chance(0.5) { dice.between(2, 40) } else { dice.heavy(40.0, 90_000, 0.6) };
    format!("{n} {}", COUNTED[dice.below(COUNTED.len())])
}

fn push_capital(to: &mut String, word: &str) {
    let mut letters = word.chars();
    to.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    to.push_str(letters.as_str());
}
