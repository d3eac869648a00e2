//! Figures of several rounds as a table: their median and range, in columns.

/// The cells of each row.
pub(super) type Rows = Vec<Vec<String>>;

/// A count to be divided.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(super) fn count(number: u64) -> f64 {
    number as f64
}

/// `median (lowest–highest)`, or the one value.
pub(super) fn spread(values: Vec<f64>, digits: usize) -> String {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(0.0, f64::max);
    let only = values.len() < 2;
    let middle = median(values);
    if only {
        format!("{middle:.digits$}")
    } else {
        format!("{middle:.digits$} ({lowest:.digits$}–{highest:.digits$})")
    }
}

/// The middle value; of an even number, the mean of both.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied().unwrap_or_default();
    let lower = values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    f64::midpoint(lower, upper)
}

/// Lines with columns as wide as their widest cell.
pub(super) fn aligned(headings: &[&str], rows: Rows) -> String {
    let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let lines: Rows = std::iter::once(headings).chain(rows).collect();
    let width = |column| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell: &String| cell.chars().count()).max()
    };
    let shown = |line: &Vec<String>| {
        let cells = line.iter().enumerate();
        let cells = cells.map(|(column, cell)| format!("{cell:width$}", width = width(column).unwrap_or(0)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(shown).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_rounds() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), 3.0);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn one_round_has_no_spread() {
        assert_eq!(spread(vec![2.25], 1), "2.2");
        assert_eq!(spread(vec![1_999.6, 2_100.0, 1_500.0], 0), "2000 (1500–2100)");
    }
}
