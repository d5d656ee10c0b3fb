//! Invented families of reports, each made from one template with other names and numbers throughout.

use super::invented::Dice;
use serde_json::json;

/// A name of a family, and its template: `@` stands for a name, `#` for a number.
pub const FAMILIES: [(&str, &str); 4] =
    [("weather", WEATHER), ("fixtures", FIXTURES), ("filings", FILINGS), ("obituaries", OBITUARIES)];

const WEATHER: &str = "The forecast for @ and the country around it: cloud will spread from @ during the morning and \
    bring # millimetres of rain to the hills above @ by noon. Temperatures will reach # degrees at the coast and # \
    degrees inland, with a light wind from the north.\n\nIn the afternoon it will brighten over @ before another band \
    of showers comes in from the direction of @ at about # o'clock. Drivers on the road between @ and @ should be \
    ready for standing water. The river at @ stands at # centimetres and is expected to rise by # more.\n\nDuring the \
    night it will be dry in @ with a low of # degrees. There is a # per cent chance of frost in the valleys near @. \
    Tomorrow will start dull over @ but the sun should break through, and # hours of it are expected in @.";

const FIXTURES: &str = "@ Rovers beat @ Town by # goals to # in front of # people on Saturday, and are now in place # \
    of the table with # points. The first goal came after # minutes when the ball was not cleared from a corner, and \
    the second shortly before the break.\n\nIn the other match of the afternoon @ United drew with @ Athletic at the \
    ground in @, where # supporters saw a penalty saved in minute #. The trainer of @ said that his side had deserved \
    more than a point.\n\nNext week @ Rovers travel to @ for the match that was put off in spring, and @ Town receive \
    the leaders from @. Tickets are on sale at the ground from # crowns, and the gates open at # o'clock. The reserves \
    of @ play the reserves of @ on the day before.";

const FILINGS: &str = "@ Holdings today reported sales of # million crowns for the quarter that ended on day #, \
    compared with # million crowns in the same quarter of the year before. Profit before tax was # million crowns, or \
    # crowns a share.\n\nThe company, which has its seat in @ and employs # people, said that orders in its largest \
    division, @ Systems, rose by # per cent, while those of @ Services fell by # per cent. It expects sales of \
    between # and # million crowns for the whole year.\n\nThe board proposes a dividend of # crowns a share, to be \
    paid on day # to holders on the register at the close of business on day #. Shares of @ Holdings closed at # \
    crowns on the exchange in @ on the evening before. The next report is due on day # of the month of @.";

const OBITUARIES: &str = "The harbour master of @, who has died at the age of #, was known far beyond @ for the lamp \
    that hung in the window of the office on the quay for # years. Born in @ as the youngest of # children, the later \
    harbour master went to school in @ and then to sea on the schooner @ at the age of #.\n\nAfter # voyages to @ and \
    back came the post of pilot in the sound of @, and in the year # the office on the quay. Colleagues in @ remember \
    a quiet voice, a notebook with # pages of tides, and a dog by the name of @ that knew every ship.\n\nThe town of @ \
    gave the harbour master its medal in the year #. There are # grandchildren in @ and @. The funeral will be held in \
    the chapel at @ at # o'clock, and ships in the harbour of @ will sound their horns.";

/// Records of a family: the same template, every name and number another.
pub fn members(family: &str, template: &str, n: usize, dice: &mut Dice) -> Vec<String> {
    let mut filled = |text: &str| -> String {
        text.chars()
            .map(|c| match c {
                '@' => dice.proper_name(),
                '#' => (2 + dice.below(9_000)).to_string(),
                c => c.to_string(),
            })
            .collect()
    };
    (0..n)
        .map(|i| {
            let (title, text) = (filled(&format!("{family} for @ and @")), filled(template));
            let (id, outlet) = (format!("{family}-{i}"), format!("Paper {}", i % 5));
            json!({"id": id, "outlet": outlet, "title": title, "text": text, "published": "2026-01-14"}).to_string()
        })
        .collect()
}
