//! What is a quantity, what it counts, and what is none.

use super::*;
use proptest::prelude::*;

fn found(text: &str) -> Vec<(f64, String)> {
    quantities(text, Lang::EN, &mut Terms::default()).into_iter().map(|q| (q.value, q.counts)).collect()
}

fn one(text: &str) -> (f64, String) {
    let all = found(text);
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    all[0].clone()
}

#[test]
fn tables_are_sorted_by_their_word() {
    let w = &english::ENGLISH;
    let lists = [
        w.partial,
        w.partial_after,
        w.not_counted,
        w.months,
        w.people,
        w.plurals,
        w.not_plural,
        w.things,
        w.towards,
        w.auxiliaries,
        w.determiners,
    ];
    lists.iter().for_each(|l| assert!(l.is_sorted(), "{l:?}"));
    assert!(w.numbers.is_sorted_by_key(|r| r.0) && w.scales.is_sorted_by_key(|r| r.0));
    [w.units, w.units_before, w.active, w.passive].iter().for_each(|t| assert!(t.is_sorted_by_key(|r| r.0), "{t:?}"));
}

#[test]
fn people_are_classed_by_what_happened_to_them() {
    for (text, value, class) in [
        ("Fourteen people have been injured on the boat", 14.0, "injured"),
        ("Ferry aground, 14 injured", 14.0, "injured"),
        ("Grounding leaves 17 seriously hurt", 17.0, "injured"),
        ("The blast injured at least 1,200 workers.", 1200.0, "injured"),
        ("Seventeen were wounded", 17.0, "injured"),
        ("A landslide killing about two dozen miners", 24.0, "killed"),
        ("The death toll rises to 31", 31.0, "killed"),
        ("Officials said 12 fishermen died in the storm", 12.0, "killed"),
        ("One person was killed", 1.0, "killed"),
        ("The number of injured reached 21.", 21.0, "injured"),
        ("12 confirmed dead", 12.0, "killed"),
        ("He and one woman were hurt", 1.0, "injured"),
        ("Three hikers are still missing", 3.0, "missing"),
        ("Police detained 45 protesters", 45.0, "arrested"),
        ("Two hundred and fifty residents were evacuated", 250.0, "evacuated"),
        ("Crews rescued twenty-four sailors", 24.0, "rescued"),
        ("Floods displaced 1.2 million people", 1.2e6, "displaced"),
    ] {
        assert_eq!(one(text), (value, format!("people {class}")), "{text}");
    }
    let sum = found("six men and one woman died, and three police officers were hurt");
    assert_eq!(sum, [(3.0, "people injured".into())]);
    let two = found("The attack killed 12 people and injured 30, officials said");
    assert_eq!(two, [(12.0, "people killed".into()), (30.0, "people injured".into())]);
    let passive = found("12 people were killed and 30 injured.");
    assert_eq!(passive, [(12.0, "people killed".into()), (30.0, "people injured".into())]);
}

#[test]
fn those_who_did_it_are_not_those_to_whom_it_happened() {
    assert_eq!(found("Three gunmen killed 30 people"), [(3.0, "gunmen".into()), (30.0, "people killed".into())][1..]);
    assert_eq!(one("12 attacks killed the harvest"), (12.0, "attacks".into()));
    assert_eq!(one("The frost killed 40 sheep"), (40.0, "sheep".into()));
}

#[test]
fn measures_have_one_name_each() {
    for (text, value, unit) in [
        ("sold for 340 million euros on Monday", 3.4e8, "euros"),
        ("sold for €340m on Monday", 3.4e8, "euros"),
        ("a price of EUR 340 million", 3.4e8, "euros"),
        ("a fine of $1.5bn", 1.5e9, "dollars"),
        ("prices rose 4.5% in May", 4.5, "per cent"),
        ("prices rose by 9 per cent", 9.0, "per cent"),
        ("it was 17 °C in town", 17.0, "degrees"),
        ("22km off the cape", 22.0, "kilometres"),
        ("more than 31,000 tonnes of cod", 31_000.0, "tonnes"),
        ("an earthquake of magnitude 5.8 struck", 5.8, "magnitude"),
        ("a 5m euros fund", 5e6, "euros"),
        ("gusts of 41 metres per second", 41.0, "metres per second"),
        ("2,000 cubic metres of wood", 2000.0, "cubic metres"),
        ("a mast of 30m fell", 30.0, "metres"),
    ] {
        assert_eq!(one(text), (value, unit.to_string()), "{text}");
    }
}

#[test]
fn things_are_counted_by_their_noun() {
    assert_eq!(one("an explosion left 48,000 households without power"), (48_000.0, "households".into()));
    assert_eq!(one("carrying 162 fare-paying passengers"), (162.0, "passengers".into()));
    assert_eq!(one("card terminals failed in 11 countries"), (11.0, "countries".into()));
}

#[test]
fn what_is_no_quantity_gives_none() {
    for text in [
        "in 2026 workers will strike",
        "on 14 January trains stopped",
        "at 05:40 boats left and at 5.40am cars",
        "a man, 34, was held",
        "the 34-year-old was killed",
        "a 12th package",
        "they won 24-23 at home",
        "call 020 7946 0018 for tickets or +44 20",
        "call 5550123456 people",
        "aboard Flight 447 passengers slept",
        "covid-19 cases",
        "it lasted three hours and 20 minutes",
        "two of the boats sank",
        "three more people were injured",
        "ten people, among 40 others, including three children",
        "1.2.3 versions",
        "10-15 boats",
        "one thing",
        "some 38.1 road deaths per 100,000 people",
        "three quarters of an hour",
        "50 people attended",
        "",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn the_text_keeps_qualifiers_and_neighbours() {
    let text = "It ended. Officials said at least 14 people were injured when the boat struck. More";
    let q = &quantities(text, Lang::EN, &mut Terms::default())[0];
    assert_eq!(&text[q.range.clone()], "Officials said at least 14 people were injured when the boat");
    assert!(q.rough);
    let euro = "worth about €5m.";
    let q = &quantities(euro, Lang::EN, &mut Terms::default())[0];
    assert_eq!((&euro[q.range.clone()], q.rough), ("worth about €5m", true));
}

#[test]
fn a_language_without_a_vocabulary_gives_none() {
    assert!(quantities("14 people were injured", Lang::from_code("fr"), &mut Terms::default()).is_empty());
}

proptest! {
    #[test]
    fn any_text_gives_ranges_of_itself(words in prop::collection::vec(prop::sample::select(vec![
        "12", "1,200", "five", "a", "hundred", "million", "m", "€", "£5", "%", "people", "injured", "killed", "were", "to",
        "toll", "at least", "the", "-", ".", "\n", "boats", "é", "東京", "of", "and", "May", "per cent", "20 °", "ſ", "K",
    ]), 0..14), glue in any::<bool>()) {
        let text = words.join(if glue { "" } else { " " });
        for q in quantities(&text, Lang::EN, &mut Terms::default()) {
            prop_assert!(text.get(q.range.clone()).is_some_and(|t| !t.is_empty()));
            prop_assert!(q.value.is_finite());
        }
    }
}
