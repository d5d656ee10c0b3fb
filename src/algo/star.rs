//! Stars of copies: each joins the earliest leader, so copies of copies cannot chain.

/// A verified copy: `b` repeats `a`, `a < b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Copy {
    /// The later row.
    pub b: u32,
    /// The earlier row.
    pub a: u32,
    /// Whether the two are word for word the same.
    pub same: bool,
}

/// The leader of each of `n` rows: itself, or the earliest leader that it is a verified copy of. A row that is
/// word for word another goes where that one goes: what holds of one text holds of the other.
pub fn leaders(n: usize, copies: &[Copy]) -> Vec<u32> {
    let mut sorted = copies.to_vec();
    sorted.sort_unstable();
    let mut leader: Vec<u32> = (0..n as u32).collect();
    for group in sorted.chunk_by(|x, y| x.b == y.b) {
        let same = group.iter().find(|c| c.same).map(|c| leader[c.a as usize]);
        let star = || group.iter().find(|c| leader[c.a as usize] == c.a).map(|c| c.a);
        if let Some(found) = same.or_else(star) {
            leader[group[0].b as usize] = found;
        }
    }
    leader
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(a: u32, b: u32, same: bool) -> Copy {
        Copy { a, b, same }
    }

    #[test]
    fn copies_of_copies_do_not_chain() {
        assert_eq!(leaders(3, &[copy(0, 1, false), copy(1, 2, false)]), [0, 0, 2]);
        assert_eq!(leaders(4, &[copy(1, 3, false), copy(0, 3, false)]), [0, 1, 2, 0], "the earliest leader");
    }

    #[test]
    fn equal_texts_go_where_their_equal_goes() {
        assert_eq!(leaders(3, &[copy(0, 1, false), copy(1, 2, true)]), [0, 0, 0]);
    }
}
