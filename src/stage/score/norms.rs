//! Lengths of the vectors that cosines are taken of, and what a count weighs in them.

use super::scale::Scale;
use crate::model::Sketch;
use crate::model::sketch::Tf;

/// Counts of a term whose weight is computed once.
const DAMPED: u16 = 256;

/// Lengths of an entry's vectors.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Norms {
    pub(super) body: f64,
    pub(super) caps: f64,
    pub(super) numbers: f64,
    pub(super) title: f64,
    pub(super) lead: f64,
    /// The title's idf mass.
    pub(super) mass: f64,
}

impl Norms {
    /// Of a sketch whose words weigh so much.
    pub(super) fn of(s: &Sketch, scale: Scale, damped: &Damped) -> Norms {
        let tf = |list: &[Tf]| list.iter().map(|(t, n)| (damped.of(*n) * scale.idf(*t)).powi(2)).sum::<f64>().sqrt();
        let set = |list: &[u32]| list.iter().map(|t| scale.idf(*t).powi(2)).sum::<f64>().sqrt();
        Norms {
            body: tf(&s.body),
            caps: tf(&s.caps),
            numbers: tf(&s.numbers),
            title: set(&s.title),
            lead: set(&s.lead),
            mass: s.title.iter().map(|t| scale.idf(*t)).sum(),
        }
    }
}

/// What a count weighs: 1 + ln(count), that of nearly all terms from a table.
pub(super) struct Damped(Vec<f64>);

impl Default for Damped {
    fn default() -> Damped {
        Damped((0..DAMPED).map(Damped::made).collect())
    }
}

impl Damped {
    fn made(count: u16) -> f64 {
        1.0 + f64::from(count).ln()
    }

    pub(super) fn of(&self, count: u16) -> f64 {
        self.0.get(usize::from(count)).copied().unwrap_or_else(|| Damped::made(count))
    }
}
