//! An invented night of any size: events told by many outlets, with copies, cut copies, equal clocks and equal texts.

use serde_json::json;

const OUTLETS: [&str; 9] = [
    "Harbour Courier",
    "Northfold Herald",
    "Vale Observer",
    "Quay Street Wire",
    "Eastmoor Gazette",
    "Radio Tarnwick",
    "Lowland Dispatch",
    "Brackwater Post",
    "Isle Ledger",
];
const COMMON: [&str; 32] = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "was",
    "for",
    "that",
    "on",
    "with",
    "from",
    "by",
    "at",
    "after",
    "before",
    "people",
    "morning",
    "council",
    "harbour",
    "road",
    "water",
    "officials",
    "told",
    "closed",
    "opened",
    "late",
    "early",
    "crews",
    "hours",
    "near",
    "town",
];
const SYLLABLES: [&str; 20] = [
    "bar", "den", "fol", "gar", "hem", "kir", "lan", "mor", "nel", "pas", "quin", "ros", "sten", "tor", "ulm", "ven",
    "wick", "yar", "zel", "bri",
];

/// A generator of numbers that are the same on every machine (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn name(&mut self) -> String {
        let word: String = (0..3).map(|_| SYLLABLES[self.below(SYLLABLES.len())]).collect();
        if self.below(3) == 0 { word[..1].to_uppercase() + &word[1..] } else { word }
    }

    /// A name as it stands in a text.
    pub fn proper_name(&mut self) -> String {
        let word: String = (0..3).map(|_| SYLLABLES[self.below(SYLLABLES.len())]).collect();
        word[..1].to_uppercase() + &word[1..]
    }

    /// Words of which about every third is one of the topic's.
    fn prose(&mut self, topic: &[String], words: usize) -> String {
        let mut text = String::new();
        for n in 0..words {
            let word = match self.below(3) {
                0 => topic[self.below(topic.len())].clone(),
                _ => COMMON[self.below(COMMON.len())].to_string(),
            };
            text.push_str(&word);
            text.push_str(if n % 14 == 13 { ". " } else { " " });
        }
        text.trim_end().to_string() + "."
    }
}

/// The lines of a night of about `entries` records; the same number and seed give the same night.
pub fn night(entries: usize, seed: u64) -> Vec<String> {
    let mut dice = Dice(seed);
    let mut lines = Vec::new();
    while lines.len() < entries {
        event(&mut dice, &mut lines);
    }
    lines.truncate(entries);
    lines
}

fn event(dice: &mut Dice, lines: &mut Vec<String>) {
    let topic: Vec<String> = (0..14).map(|_| dice.name()).collect();
    let wire = dice.prose(&topic, 120);
    let title = dice.prose(&topic[..6], 8);
    let accounts = 1 + dice.below(10);
    let hour = dice.below(20);
    for n in 0..accounts {
        // Copies, copies cut short, copies with one word changed, and accounts of their own.
        let text = match dice.below(5) {
            0 => wire.clone(),
            1 => wire.chars().take(wire.len() * 2 / 3).collect(),
            2 => wire.replacen(COMMON[dice.below(16)], "slowly", 1),
            _ => {
                let words = 60 + dice.below(80);
                dice.prose(&topic, words)
            }
        };
        let title = if dice.below(2) == 0 { title.clone() } else { dice.prose(&topic[..6], 8) };
        // Many clocks are equal, some days alone, some missing.
        let published = match dice.below(8) {
            0 => json!(null),
            1 => json!("2026-01-14"),
            _ => json!(format!("2026-01-14T{:02}:{:02}:00Z", hour + n / 4, 15 * dice.below(4))),
        };
        let id = format!("n{}", lines.len());
        let outlet = OUTLETS[dice.below(OUTLETS.len())];
        let row = json!({"id": id, "outlet": outlet, "title": title, "text": text, "published": published});
        lines.push(row.to_string());
        // Now and then the same record again, or a second text under its id.
        match dice.below(40) {
            0 => lines.push(row.to_string()),
            1 => lines
                .push(json!({"id": id, "outlet": outlet, "title": title, "text": dice.prose(&topic, 70)}).to_string()),
            _ => {}
        }
    }
}

/// Articles of about 200 words that have no event in common; the same number and seed give the same articles.
pub fn articles(n: usize, seed: u64) -> Vec<String> {
    let mut dice = Dice(seed);
    let article = |i: usize| {
        let topic: Vec<String> = (0..40).map(|_| dice.name()).collect();
        let paragraphs: Vec<String> = (0..5).map(|_| dice.prose(&topic, 42)).collect();
        let (title, outlet) = (dice.prose(&topic[..6], 8), OUTLETS[dice.below(OUTLETS.len())]);
        let (id, text) = (format!("a{i}"), paragraphs.join("\n\n"));
        json!({"id": id, "outlet": outlet, "title": title, "text": text, "published": "2026-01-14"}).to_string()
    };
    (0..n).map(article).collect()
}

/// Lines as the text of a file.
pub fn file(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
