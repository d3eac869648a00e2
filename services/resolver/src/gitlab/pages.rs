//! Reading an offset-paged list to its end, with the checks that tell a whole list from a part of one.
//!
//! GitLab orders `members/all` by nothing that its documentation promises, and takes no snapshot: a change between
//! two pages can repeat one row and skip another. `x-total` is missing above 10,000 rows.

use reqwest::header::LINK;
use runtime::http::Answer;

/// Rows a page; GitLab's largest.
pub(super) const PER_PAGE: usize = 100;

/// What the pages read so far say about the whole list.
#[derive(Debug, Default)]
pub(super) struct Pages {
    total: Option<u64>,
    read: usize,
}

/// Where to go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Page(u64),
    End,
}

impl Pages {
    /// Takes page `page` with `rows` rows and tells where to go on.
    ///
    /// # Errors
    /// With the reason, when the page does not fit those before it.
    pub(super) fn take(&mut self, page: u64, answer: &Answer, rows: usize) -> Result<Next, String> {
        if let Some(found) = answer.number("x-page").filter(|found| *found != page) {
            return Err(format!("asked for page {page}, got page {found}"));
        }
        let total = answer.number("x-total");
        if page > 1 && total != self.total {
            return Err(format!(
                "its length changed from {} to {} while it was read",
                told(self.total),
                told(total)
            ));
        }
        self.total = total;
        self.read += rows;
        match next_page(answer) {
            Some(next) if next != page + 1 => Err(format!("page {page} is followed by page {next}")),
            Some(_) if rows < PER_PAGE => Err(format!("page {page} has {rows} rows and is not the last")),
            Some(next) => Ok(Next::Page(next)),
            None if page > 1 && rows == 0 => {
                Err(format!("page {page} is empty, and the one before was full"))
            }
            None if rows == PER_PAGE && total.is_none() && !tells_of_pages(answer) => Err(format!(
                "page {page} is full, and nothing tells whether it is the last: does a proxy take away x-next-page and Link?"
            )),
            None => self.end(),
        }
    }

    fn end(&self) -> Result<Next, String> {
        match self.total {
            Some(total) if total != self.read as u64 => {
                Err(format!("it says {total} rows and gave {}", self.read))
            }
            _ => Ok(Next::End),
        }
    }
}

/// `x-next-page`, empty on the last page; behind some proxies only `Link` is left.
fn next_page(answer: &Answer) -> Option<u64> {
    answer.number("x-next-page").or_else(|| {
        let query = next_link(answer)?.split(['?', '>']).nth(1)?;
        query.split('&').find_map(|pair| pair.strip_prefix("page="))?.parse().ok()
    })
}

/// What `Link` says of the next page; of keyset pages nothing else tells.
pub(super) fn next_link(answer: &Answer) -> Option<&str> {
    let links = answer.headers.get(LINK)?.to_str().ok()?;
    links.split(',').find(|link| link.contains("rel=\"next\""))
}

/// Whether the answer says anything about other pages.
fn tells_of_pages(answer: &Answer) -> bool {
    answer.headers.contains_key("x-next-page") || answer.headers.contains_key(LINK)
}

fn told(total: Option<u64>) -> String {
    total.map_or_else(|| "unknown".to_owned(), |total| total.to_string())
}

#[cfg(test)]
mod tests {
    use reqwest::{
        StatusCode,
        header::{HeaderMap, HeaderName, HeaderValue},
    };

    use super::*;

    fn answer(headers: &[(&'static str, &str)]) -> Answer {
        let header =
            |(k, v): &(&'static str, &str)| (HeaderName::from_static(k), HeaderValue::from_str(v).unwrap());
        let headers: HeaderMap = headers.iter().map(header).collect();
        Answer { status: StatusCode::OK, headers, body: Vec::new() }
    }

    #[test]
    fn pages_are_followed_to_the_last_one() {
        let mut pages = Pages::default();
        let first = answer(&[("x-page", "1"), ("x-next-page", "2"), ("x-total", "130")]);
        let last = answer(&[("x-page", "2"), ("x-next-page", ""), ("x-total", "130")]);
        assert_eq!(pages.take(1, &first, 100), Ok(Next::Page(2)));
        assert_eq!(pages.take(2, &last, 30), Ok(Next::End));
    }

    #[test]
    fn without_totals_the_link_is_followed() {
        let link = "<https://gl/api/v4/projects/7/members/all?per_page=100&page=2>; rel=\"next\", <https://gl>; rel=\"first\"";
        assert_eq!(Pages::default().take(1, &answer(&[("link", link)]), 100), Ok(Next::Page(2)));
    }

    #[test]
    fn a_missing_row_is_noticed() {
        let last = answer(&[("x-page", "1"), ("x-total", "3")]);
        assert_eq!(Pages::default().take(1, &last, 2), Err("it says 3 rows and gave 2".to_owned()));
    }

    #[test]
    fn another_page_than_the_one_asked_for_is_noticed() {
        let mut pages = Pages::default();
        let first = answer(&[("x-page", "1"), ("x-next-page", "2"), ("x-total", "200")]);
        pages.take(1, &first, 100).unwrap();
        assert!(pages.take(2, &first, 100).is_err());
    }

    #[test]
    fn a_total_that_moves_is_noticed() {
        let mut pages = Pages::default();
        pages.take(1, &answer(&[("x-next-page", "2"), ("x-total", "150")]), 100).unwrap();
        let moved = pages.take(2, &answer(&[("x-total", "149")]), 49).unwrap_err();
        assert_eq!(moved, "its length changed from 150 to 149 while it was read");
    }

    #[test]
    fn a_short_page_in_the_middle_is_noticed() {
        let short = answer(&[("x-next-page", "2"), ("x-total", "150")]);
        assert!(Pages::default().take(1, &short, 99).is_err());
    }
}
