//! The fitted weights as a section of pipeline.toml, with where they come from.

use super::{FitReport, SetReport};
use std::fmt::Write;

/// `[score.weights]`, four decimals each, under comments that say what it was fitted on and how well it does.
pub fn table(report: &FitReport) -> String {
    let mut text = provenance(report);
    text += "[score.weights]\n";
    for w in &report.weights {
        let kept = if w.kept { " # kept: no labelled pair has it" } else { "" };
        let _ = writeln!(text, "{} = {:.4}{kept}", w.name, w.weight);
    }
    text
}

fn provenance(report: &FitReport) -> String {
    let mut text = format!(
        "# Weights fitted by retold {} with --l2 {} --balance {} --unlabelled {} --hidden-dates {} --cut-bodies {}{}{}, as of {}.\n",
        env!("CARGO_PKG_VERSION"),
        report.l2,
        report.balance,
        report.unlabelled,
        report.hidden_dates,
        report.cut_bodies,
        if report.within { " --within" } else { "" },
        if report.calibrated { " --calibrate" } else { "" },
        report.as_of
    );
    let (pairs, same) = (report.pairs, report.same);
    let _ = writeln!(text, "# {pairs} labelled candidate pairs, {same} of one event; copies left out.");
    if report.calibrated {
        let (scale, offset) = (report.scale, report.offset);
        let _ = writeln!(text, "# Calibrated on held-out sets: log-odds × {scale:.4} {offset:+.4}, folded in.");
    }
    let _ =
        writeln!(text, "# B-cubed F1 of the clustered mix, with these weights (with weights fitted without the set):");
    for set in &report.sets {
        let _ = writeln!(text, "#   {}", line(set));
    }
    let _ = writeln!(text, "#   all sets together: {:.4}", report.all_fitted.f1);
    text
}

fn line(set: &SetReport) -> String {
    let SetReport { file, rows, pairs, .. } = set;
    let left_out = set.left_out.map(|s| format!(" ({:.4})", s.bcubed.f1)).unwrap_or_default();
    format!("{file}: {rows} labelled rows, {pairs} pairs: {:.4}{left_out}", set.fitted.bcubed.f1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::model::Feature;
    use crate::stage::score::Weights;

    #[test]
    fn the_shipped_weights_are_those_that_the_fit_wrote() {
        let written: toml::Table = toml::from_str(include_str!("../../../docs/weights.toml")).unwrap();
        let fitted: Weights = written["score"]["weights"].clone().try_into().unwrap();
        let shipped = Weights::default();
        assert_eq!(fitted.intercept, shipped.intercept);
        for (feature, (fitted, shipped)) in Feature::ALL.iter().zip(fitted.list().into_iter().zip(shipped.list())) {
            assert_eq!(fitted, shipped, "{}", feature.name());
        }
    }
}
