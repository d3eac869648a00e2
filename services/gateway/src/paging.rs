//! Pages of lists: how long one is, and where the next one begins.

use crate::problem::Problem;

const DEFAULT: usize = 50;
const LONGEST: usize = 100;

/// How many items a page has at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(usize);

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The last item of this page, when there are more.
    pub(crate) next: Option<T>,
}

impl Limit {
    /// What the caller asks for.
    pub(crate) fn of(asked: Option<usize>) -> Result<Self, Problem> {
        match asked.unwrap_or(DEFAULT) {
            limit @ 1..=LONGEST => Ok(Self(limit)),
            _ => Err(Problem::bad_request("limit is a number from 1 to 100")),
        }
    }

    /// The first page of `items`.
    pub(crate) fn page<T: Copy>(self, items: impl Iterator<Item = T>) -> Page<T> {
        let mut items: Vec<T> = items.take(self.0 + 1).collect();
        let more = items.len() > self.0;
        items.truncate(self.0);
        Page { next: items.last().copied().filter(|_| more), items }
    }

    pub(crate) const fn get(self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_next_one() {
        let limit = Limit::of(Some(2)).unwrap();
        assert_eq!(limit.page([1, 2, 3].into_iter()), Page { items: vec![1, 2], next: Some(2) });
        assert_eq!(limit.page([1, 2].into_iter()), Page { items: vec![1, 2], next: None });
        assert_eq!(limit.page(std::iter::empty::<u8>()), Page { items: vec![], next: None });
    }

    #[test]
    fn a_page_has_1_to_100_items() {
        for wrong in [0, 101, usize::MAX] {
            assert_eq!(Limit::of(Some(wrong)).unwrap_err().status().as_u16(), 400);
        }
    }
}
