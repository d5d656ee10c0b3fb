//! Which entries a night has and when each was published, before any of them is written.

use super::dice::{Dice, Weighted};
use super::words::Words;

/// An entry to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Seconds since 1970.
    pub at: i64,
    /// Its event.
    pub event: u32,
    /// Which account of the event.
    pub account: u16,
    /// Which copy of the account; 0 is the account itself.
    pub copy: u16,
}

/// When events happen.
pub struct Days {
    /// Seconds since 1970 of the first midnight.
    pub start: i64,
    /// How many days there are.
    pub days: u32,
}

/// Most accounts of an event.
const MOST_ACCOUNTS: usize = 300;
/// Most copies of an account.
const MOST_COPIES: usize = 60;
/// Events that are single accounts.
const SINGLE: f64 = 0.8;
/// Accounts that are copied.
const COPIED: f64 = 0.055;
/// Events that are told at one of the minutes at which many are.
const IN_A_BURST: f64 = 0.05;
/// Such minutes of a day.
const BURSTS: u64 = 6;

/// How much is published in each hour of a day.
const HOURS: [f64; 24] = [
    1.2, 0.9, 0.8, 0.7, 0.8, 1.3, 2.2, 3.2, 4.0, 4.5, 4.8, 5.0, 4.8, 4.6, 4.7, 4.8, 5.0, 4.9, 4.4, 3.8, 3.2, 2.8, 2.3,
    1.7,
];

/// The first `entries` of the night, by time.
pub fn plan(entries: usize, seed: u64, days: &Days) -> Vec<Slot> {
    let hours = Weighted::new(&HOURS);
    let mut slots = Vec::with_capacity(entries + MOST_COPIES);
    for event in 0.. {
        if slots.len() >= entries {
            break;
        }
        let mut dice = Dice::new(seed, &[2, event]);
        let start = start(seed, days, &hours, &mut dice);
        accounts(&mut slots, event as u32, start, &mut dice);
    }
    slots.truncate(entries);
    slots.sort_unstable();
    slots
}

fn start(seed: u64, days: &Days, hours: &Weighted, dice: &mut Dice) -> i64 {
    let midnight = days.start + 86_400 * dice.below(days.days as usize) as i64;
    if dice.chance(IN_A_BURST) {
        let burst = dice.below(BURSTS as usize) as u64;
        let mut minute = Dice::new(seed, &[3, midnight as u64, burst]);
        return midnight + 3_600 * hours.draw(&mut minute) as i64 + 60 * minute.below(60) as i64;
    }
    midnight + 3_600 * hours.draw(dice) as i64 + dice.below(3_600) as i64
}

fn accounts(slots: &mut Vec<Slot>, event: u32, start: i64, dice: &mut Dice) {
    let n = if dice.chance(SINGLE) { 1 } else { dice.heavy(2.0, MOST_ACCOUNTS, 1.2) };
    for account in 0..n {
        let at = start + if account == 0 { 0 } else { later(4.0, dice) };
        slots.push(Slot { at, event, account: account as u16, copy: 0 });
        let copies = if dice.chance(COPIED) { dice.heavy(1.0, MOST_COPIES, 1.2) } else { 0 };
        for copy in 1..=copies {
            slots.push(Slot { at: at + later(2.0, dice), event, account: account as u16, copy: copy as u16 });
        }
    }
}

/// Seconds that pass until the next one tells it: `hours` in the middle, most of them soon.
fn later(hours: f64, dice: &mut Dice) -> i64 {
    (-(1.0 - dice.unit()).ln() * hours * 3_600.0) as i64 + 60
}

/// A topic: what its events have in common.
pub struct Topic {
    /// Places of its words in the vocabulary, its commonest first.
    pub words: Vec<usize>,
    /// Places of its names.
    pub names: Vec<usize>,
}

/// Topics that all draw from one vocabulary and one set of names.
pub fn topics(words: &Words, seed: u64) -> Vec<Topic> {
    let topic = |t: u64| {
        let mut dice = Dice::new(seed, &[4, t]);
        Topic {
            words: (0..600).map(|_| words.content.rarer(150, &mut dice)).collect(),
            names: (0..80).map(|_| words.names.draw(&mut dice)).collect(),
        }
    };
    (0..250).map(topic).collect()
}
