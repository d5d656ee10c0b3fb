//! Exact products of one document with others, and the best of them.

use super::Fade;
use super::index::Vectors;
use super::met::Wanted;

/// The most terms of a document that are searched with.
pub const MOST_TERMS: usize = 5_000;

/// Vectors fetched ahead of their use.
const AHEAD: usize = 8;

/// Neighbours so far: highest score first, equal ones by document.
pub type Nearest = Vec<(f32, u32)>;

/// Puts a document among the `top` nearest, if it is one of them.
pub fn put(nearest: &mut Nearest, top: usize, score: f32, document: u32) {
    if score > 0.0 {
        let at = nearest.partition_point(|f| f.0 > score || (f.0 == score && f.1 < document));
        if at < top {
            nearest.truncate(top - 1);
            nearest.insert(at, (score, document));
        }
    }
}

/// What a score must reach to be among the `top` nearest.
pub fn least(nearest: &Nearest, top: usize) -> f32 {
    if nearest.len() < top { 0.0 } else { nearest[top - 1].0 }
}

/// Of a document another that is near to it, and how near.
pub type Near = (u32, f32, u32);

/// Multiplies one document after the other with others, and keeps the best.
pub struct Products<'a, D> {
    vectors: &'a Vectors,
    top: usize,
    fade: Fade,
    days: &'a D,
    document: u32,
    query: Query,
    best: Nearest,
    /// Where the documents begin that want to know, and what they want.
    wanted: Option<(usize, &'a Wanted)>,
    /// What the others want to know of.
    pub told: Vec<Near>,
}

impl<'a, D: Fn(u32, u32) -> Option<f64>> Products<'a, D> {
    /// Keeps the `top` best of each document.
    pub fn new(vectors: &'a Vectors, top: usize, fade: Fade, days: &'a D, wanted: Option<(usize, &'a Wanted)>) -> Self {
        let (query, best, told) = (Query::default(), Vec::new(), Vec::new());
        Products { vectors, top, fade, days, document: 0, query, best, wanted, told }
    }

    /// Starts with a document and what is near to it so far.
    pub fn begin(&mut self, document: u32, nearest: Nearest) {
        self.document = document;
        self.query.set(self.vectors.of(document));
        self.best = nearest;
        self.best.reserve_exact(self.top.saturating_sub(self.best.len()));
    }

    /// Multiplies the document with others, none of them met before.
    pub fn offer(&mut self, others: &[u32]) {
        let mut factors = [0.0; AHEAD];
        for ahead in others.chunks(AHEAD) {
            self.vectors.fetch(ahead);
            for (factor, other) in factors.iter_mut().zip(ahead) {
                *factor = self.fade.factor((self.days)(self.document, *other));
            }
            for (&other, factor) in ahead.iter().zip(factors).filter(|(other, _)| **other != self.document) {
                let dot = self.query.dot(self.vectors.of(other));
                let wanted = self.wanted.and_then(|(first, of)| of.of((other as usize).checked_sub(first)?));
                // Fading only weakens.
                let wanted = wanted.filter(|least| dot >= *least);
                if wanted.is_none() && dot < self.least() {
                    continue;
                }
                let score = (f64::from(dot) * factor) as f32;
                put(&mut self.best, self.top, score, other);
                if wanted.is_some_and(|least| score >= least && score > 0.0) {
                    self.told.push((other, score, self.document));
                }
            }
        }
    }

    /// What a product must reach to be among the best.
    pub fn least(&self) -> f32 {
        least(&self.best, self.top)
    }

    /// The best so far.
    pub fn end(&mut self) -> Nearest {
        std::mem::take(&mut self.best)
    }
}

/// A document made ready for products with many others: a table of its terms without collisions.
struct Query {
    /// The first is none; then the document's.
    terms: Vec<(u32, f32)>,
    /// Where in `terms` a term stands, by its hash.
    slots: Vec<u16>,
    factor: u32,
    /// The products of the terms that both hold.
    products: Vec<f32>,
}

impl Default for Query {
    fn default() -> Query {
        let slots = vec![0; 1 << Query::BITS];
        Query { terms: Vec::new(), slots, factor: Query::FACTORS[0], products: Vec::new() }
    }
}

impl Query {
    /// Bits of a slot.
    const BITS: u32 = 13;
    /// Hashes to try until one has no collisions.
    const FACTORS: [u32; 8] =
        [0x9E37_79B1, 0x85EB_CA6B, 0xC2B2_AE35, 0x27D4_EB2F, 0x1656_67B1, 0xCC9E_2D51, 0x1B87_3593, 0xE654_6B64 | 1];

    fn slot(&self, term: u32) -> usize {
        (term.wrapping_mul(self.factor) >> (32 - Query::BITS)) as usize
    }

    fn set(&mut self, terms: &[(u32, f32)]) {
        self.clear();
        self.terms.clear();
        self.terms.push((u32::MAX, 0.0));
        self.terms.extend(terms.iter().take(MOST_TERMS));
        self.products.resize(self.terms.len(), 0.0);
        for factor in Query::FACTORS {
            self.factor = factor;
            if self.fill() {
                return;
            }
            self.clear();
        }
        self.factor = 0;
    }

    fn clear(&mut self) {
        for i in 1..self.terms.len() {
            let slot = self.slot(self.terms[i].0);
            self.slots[slot] = 0;
        }
    }

    /// Whether each term found a slot of its own.
    fn fill(&mut self) -> bool {
        (1..self.terms.len()).all(|i| {
            let slot = self.slot(self.terms[i].0);
            std::mem::replace(&mut self.slots[slot], i as u16) == 0
        })
    }

    /// The dot product, summed in ascending order of the terms.
    fn dot(&mut self, other: &[(u32, f32)]) -> f32 {
        if self.factor == 0 {
            return dot(&self.terms[1..], other);
        }
        let mut n = 0;
        for (term, weight) in other {
            let own = self.terms[usize::from(self.slots[self.slot(*term)])];
            // As above: written in any case, counted if shared.
            self.products[n] = own.1 * weight;
            n += usize::from(own.0 == *term);
        }
        self.products[..n].iter().sum()
    }
}

/// The dot product of two lists, summed in ascending order of the terms.
pub fn dot(a: &[(u32, f32)], b: &[(u32, f32)]) -> f32 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        if a[i].0 == b[j].0 {
            sum += a[i].1 * b[j].1;
        }
        (i, j) = (i + usize::from(a[i].0 <= b[j].0), j + usize::from(b[j].0 <= a[i].0));
    }
    sum
}
