//! The nearest known word to one that is not known. Pure.

/// How many letters may differ for a word to count as a slip of the other: two, and a third of short words.
const SLIPS: usize = 2;

/// The word that was probably meant, if any is near enough.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.into_iter().map(|candidate| (distance(word, candidate), candidate));
    let (slips, candidate) = near.min_by_key(|(slips, _)| *slips)?;
    (slips <= SLIPS.min(candidate.len().div_ceil(3))).then_some(candidate)
}

/// How many letters have to be put in, left out, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_recognised_and_other_words_are_not() {
        let known = ["name", "address", "live", "proxy", "ibc"];
        for (word, meant) in [("adress", "address"), ("porxy", "proxy"), ("nam", "name"), ("lvie", "live")] {
            assert_eq!(nearest(word, known), Some(meant), "{word}");
        }
        for word in ["host", "colour", "", "iii"] {
            assert_eq!(nearest(word, known), None, "{word}");
        }
    }
}
