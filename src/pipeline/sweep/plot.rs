//! A sweep as a plot: plain SVG without script, readable in light and dark.

use super::{Point, Sweep};
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
/// Room for labels: left, top, right, bottom.
const MARGIN: [f64; 4] = [60.0, 40.0, 90.0, 50.0];
/// Marks on an axis.
const MARKS: usize = 5;

/// A line of the plot: its name, its colour, its dashes, and what it shows.
type Line = (&'static str, &'static str, &'static str, fn(&Point) -> f64);

/// Dashes tell the lines apart where colours do not.
const LINES: [Line; 4] = [
    ("b3_f1", "#0b5c73", "", |p| p.b3_f1),
    ("b3_p", "#8a4b00", "7 3", |p| p.b3_p),
    ("b3_r", "#1c7a5a", "2 3", |p| p.b3_r),
    ("pair_f1", "#7a4a9a", "9 3 2 3", |p| p.pair_f1),
];

/// From values to places on the sheet.
struct Scale {
    x: (f64, f64),
    y: (f64, f64),
}

impl Scale {
    fn of(sweep: &Sweep) -> Scale {
        let shown = sweep.points.iter().flat_map(|p| LINES.map(|l| (l.3)(p)));
        let least = shown.fold(1.0, f64::min);
        let (from, to) = (sweep.points.first().map_or(0.0, |p| p.value), sweep.points.last().map_or(1.0, |p| p.value));
        // A single value stands in the middle.
        let half = if from < to { 0.0 } else { 0.5 };
        Scale { x: (from - half, to + half), y: (((least - 0.02) * 10.0).floor().clamp(0.0, 9.0) / 10.0, 1.0) }
    }

    fn x(&self, value: f64) -> f64 {
        MARGIN[0] + (value - self.x.0) / (self.x.1 - self.x.0) * (WIDTH - MARGIN[0] - MARGIN[2])
    }

    fn y(&self, score: f64) -> f64 {
        HEIGHT - MARGIN[3] - (score - self.y.0) / (self.y.1 - self.y.0) * (HEIGHT - MARGIN[1] - MARGIN[3])
    }
}

/// The plot of a sweep, a whole SVG document.
pub fn svg(sweep: &Sweep) -> String {
    let scale = Scale::of(sweep);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = draw(&mut out, sweep, &scale);
    out
}

fn draw(out: &mut String, sweep: &Sweep, scale: &Scale) -> std::fmt::Result {
    let knob = escaped(&sweep.knob);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">"
    )?;
    writeln!(out, "<title>Agreement with gold by {knob}</title>")?;
    writeln!(out, "<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fbfaf7\"/>")?;
    band(out, sweep, scale)?;
    axes(out, &knob, scale)?;
    if scale.x.0 <= sweep.now && sweep.now <= scale.x.1 {
        let (x, top, bottom) = (scale.x(sweep.now), MARGIN[1], HEIGHT - MARGIN[3]);
        writeln!(out, "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#565e68\" stroke-dasharray=\"4 4\"/>")?;
        text(out, x, top - 8.0, "middle", &format!("now {}", sweep.now))?;
    }
    LINES.iter().zip(label_places(sweep, scale)).try_for_each(|(line, y)| curve(out, sweep, scale, line, y))?;
    writeln!(out, "</svg>")
}

/// The stable range.
fn band(out: &mut String, sweep: &Sweep, scale: &Scale) -> std::fmt::Result {
    let (from, to) = (scale.x(sweep.stable.0), scale.x(sweep.stable.1));
    let (top, high, wide) = (MARGIN[1], HEIGHT - MARGIN[1] - MARGIN[3], (to - from).max(2.0));
    writeln!(
        out,
        "<rect x=\"{from:.1}\" y=\"{top}\" width=\"{wide:.1}\" height=\"{high}\" fill=\"#dcebee\"><title>stable: {} to {}</title></rect>",
        sweep.stable.0, sweep.stable.1
    )
}

fn axes(out: &mut String, knob: &str, scale: &Scale) -> std::fmt::Result {
    let (left, right, bottom) = (MARGIN[0], WIDTH - MARGIN[2], HEIGHT - MARGIN[3]);
    for i in 0..=MARKS {
        let share = i as f64 / MARKS as f64;
        let (value, score) = (scale.x.0 + share * (scale.x.1 - scale.x.0), scale.y.0 + share * (scale.y.1 - scale.y.0));
        let (x, y) = (scale.x(value), scale.y(score));
        writeln!(out, "<path d=\"M{left} {y:.1}H{right}M{x:.1} {bottom}v5\" stroke=\"#cfccc4\"/>")?;
        text(out, x, bottom + 20.0, "middle", &short(value))?;
        text(out, left - 8.0, y + 4.0, "end", &format!("{score:.2}"))?;
    }
    text(out, (left + right) / 2.0, HEIGHT - 10.0, "middle", knob)?;
    text(out, left, 18.0, "end", "score")
}

fn curve(out: &mut String, sweep: &Sweep, scale: &Scale, line: &Line, label: f64) -> std::fmt::Result {
    let (name, colour, dashes, of) = line;
    let place = |p: &Point| format!("{:.1},{:.1}", scale.x(p.value), scale.y(of(p)));
    let places: Vec<String> = sweep.points.iter().map(place).collect();
    writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
        places.join(" ")
    )?;
    for p in &sweep.points {
        let (x, y, value, score) = (scale.x(p.value), scale.y(of(p)), p.value, of(p));
        writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"><title>{name} {score:.4} at {value}</title></circle>"
        )?;
    }
    let x = WIDTH - MARGIN[2] + 10.0;
    writeln!(out, "<text x=\"{x}\" y=\"{label:.1}\" fill=\"{colour}\">{name}</text>")
}

/// Where the names of the lines stand: at their ends, moved apart.
fn label_places(sweep: &Sweep, scale: &Scale) -> [f64; 4] {
    let mut places = LINES.map(|l| sweep.points.last().map_or(0.0, |p| scale.y((l.3)(p))) + 4.0);
    let mut order = [0, 1, 2, 3];
    order.sort_by(|x, y| places[*x].total_cmp(&places[*y]));
    for i in 1..order.len() {
        places[order[i]] = places[order[i]].max(places[order[i - 1]] + 15.0);
    }
    places
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, words: &str) -> std::fmt::Result {
    writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#1d2228\">{words}</text>")
}

/// A value with at most four decimals.
fn short(value: f64) -> String {
    format!("{}", (value * 1e4).round() / 1e4)
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(knob: &str, values: &[f64]) -> Sweep {
        let point =
            |v: &f64| Point { value: *v, b3_p: 0.9, b3_r: 0.8, b3_f1: 0.85, pair_f1: 0.7, clusters: 3, good: true };
        let (first, last) = (values[0], values[values.len() - 1]);
        let points = values.iter().map(point).collect();
        Sweep { knob: knob.into(), now: 0.2, points, best: first, stable: (first, last) }
    }

    #[test]
    fn every_value_of_every_line_is_a_point_and_axes_are_labelled() {
        let drawn = svg(&sweep("cluster.threshold", &[0.1, 0.2, 0.3]));
        assert_eq!(drawn.matches("<circle").count(), 12);
        assert_eq!(drawn.matches("<polyline").count(), 4);
        assert!(drawn.contains(">cluster.threshold</text>") && drawn.contains(">score</text>"));
        assert!(drawn.contains("now 0.2") && drawn.contains("stable: 0.1 to 0.3"));
    }

    #[test]
    fn nothing_is_drawn_outside_of_the_sheet_or_without_a_number() {
        for values in [&[0.2][..], &[0.0, 1.0], &[1.0, 1000.0]] {
            let drawn = svg(&sweep("x", values));
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
            for part in drawn.split("cx=\"").skip(1) {
                let x: f64 = part.split('"').next().and_then(|x| x.parse().ok()).unwrap_or(-1.0);
                assert!((0.0..=WIDTH).contains(&x), "{x}");
            }
        }
    }

    #[test]
    fn words_are_escaped() {
        let drawn = svg(&sweep("<script>&\"", &[0.1, 0.2]));
        assert!(!drawn.contains("<script>") && drawn.contains("&lt;script&gt;&amp;&quot;"));
    }
}
