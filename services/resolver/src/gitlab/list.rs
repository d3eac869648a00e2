//! A whole list: every row of every page, or the reason why not.
//!
//! One page is one moment. A list of several may have shifted between two of them: somebody left a page that was read,
//! and the first person of the next one slipped through. Where one leaves and another joins, not even the total tells,
//! and above 10,000 rows there is none; so such a pass is doubtful until another one agrees. The same where a person
//! stands on it twice, though that may be two rows of one person (an accepted e-mail invitation beside a membership),
//! and where it is empty.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use runtime::http::{Answer, Call};
use serde::de::DeserializeOwned;

use super::{
    GitLab, ReadError,
    pages::{Next, PER_PAGE, Pages},
};

/// How many passes are made at once over a list that moves under the reading.
const PASSES: usize = 3;

/// A row of a list. Its order decides nothing; it makes two readings comparable.
pub(super) trait Row: DeserializeOwned + Ord + Send {
    /// Of whom or what it is.
    fn id(&self) -> u64;
}

/// Which list.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) route: &'static str,
    pub(super) path: String,
    /// Whether unchanged pages may be taken from an earlier reading that was found whole.
    pub(super) tagged: bool,
}

/// One page as GitLab gave it.
struct Page<T> {
    target: String,
    answer: Answer,
    rows: Vec<T>,
}

/// A whole pass over the list.
#[derive(Debug)]
pub(super) struct Pass<T> {
    pub(super) rows: Vec<T>,
    /// Whether it may have shifted under the reading.
    pub(super) doubtful: bool,
    answers: Vec<(String, Answer)>,
}

impl<T: Row> Pass<T> {
    fn agrees(&self, before: Option<&Self>) -> bool {
        before.is_some_and(|before| before.rows == self.rows)
    }
}

impl GitLab {
    /// Every row of the list: of one pass that leaves no doubt, or of two that agree.
    pub(super) async fn whole<T: Row>(&self, list: &List) -> Result<Vec<T>, ReadError> {
        let is_sure = |pass: &Pass<T>, before: Option<&Pass<T>>| !pass.doubtful || pass.agrees(before);
        let pass = self.passes(list, None, is_sure).await?;
        pass.answers.into_iter().for_each(|(target, answer)| self.tagged.keep(target, answer));
        Ok(pass.rows)
    }

    /// One pass over the list, doubtful or not; a second one where the first is empty.
    pub(super) async fn first_pass<T: Row>(&self, list: &List) -> Result<Pass<T>, ReadError> {
        self.passes(list, None, |pass, before| !pass.rows.is_empty() || before.is_some()).await
    }

    /// A further pass over the list, which agrees with the one before it.
    pub(super) async fn agreeing_pass<T: Row>(
        &self,
        list: &List,
        first: Pass<T>,
    ) -> Result<Pass<T>, ReadError> {
        self.passes(list, Some(first), Pass::agrees).await
    }

    /// Passes over the list until one will do, by itself or beside the one before it. One that is seen not to be whole
    /// counts for nothing.
    async fn passes<T: Row>(
        &self,
        list: &List,
        mut before: Option<Pass<T>>,
        will_do: impl Fn(&Pass<T>, Option<&Pass<T>>) -> bool,
    ) -> Result<Pass<T>, ReadError> {
        let mut moved = String::new();
        for _ in 0..PASSES {
            match self.pass(list).await {
                Ok(pass) if will_do(&pass, before.as_ref()) => return Ok(pass),
                Ok(pass) => {
                    before = Some(pass);
                    "it changed between two readings".clone_into(&mut moved);
                }
                Err(ReadError::Incomplete(reason)) => moved = reason,
                Err(error) => return Err(error),
            }
        }
        Err(ReadError::Incomplete(moved))
    }

    /// Every row of one pass over the list, which may have shifted meanwhile: for a look that decides nothing.
    pub(super) async fn glance<T: Row>(&self, list: &List) -> Result<Vec<T>, ReadError> {
        Ok(self.pass(list).await?.rows)
    }

    /// The first page tells how many there are; the others are asked for side by side. Where it does not tell, or
    /// wrongly, they are followed one after the other.
    async fn pass<T: Row>(&self, list: &List) -> Result<Pass<T>, ReadError> {
        let mut pass = Gathered { rows: Vec::new(), answers: Vec::new(), pages: Pages::default() };
        let first = self.page(list, 1).await?;
        let pages = first.answer.number("x-total-pages").unwrap_or(1);
        let mut next = pass.take(list, 1, first)?;
        let ahead = stream::iter(2..=pages).map(|page| self.page(list, page)).buffered(self.parallel_calls);
        let mut ahead = std::pin::pin!(ahead);
        let mut several = false;
        while let Next::Page(page) = next {
            let read = match ahead.next().await {
                Some(read) => read?,
                None => self.page(list, page).await?,
            };
            next = pass.take(list, page, read)?;
            several = true;
        }
        Ok(pass.end(several))
    }

    async fn page<T: Row>(&self, list: &List, page: u64) -> Result<Page<T>, ReadError> {
        let call = Call::get(list.route, &list.path).query("per_page", PER_PAGE).query("page", page);
        let target = call.target();
        let (answer, rows) = if list.tagged { self.get_changed(call).await? } else { self.get(call).await? };
        Ok(Page { target, answer, rows })
    }
}

/// A pass under way.
struct Gathered<T> {
    rows: Vec<T>,
    answers: Vec<(String, Answer)>,
    pages: Pages,
}

impl<T: Row> Gathered<T> {
    /// Adds the page, if it fits those before it, and tells where to go on.
    fn take(&mut self, list: &List, page: u64, read: Page<T>) -> Result<Next, ReadError> {
        let next = self.pages.take(page, &read.answer, read.rows.len()).map_err(ReadError::Incomplete)?;
        // Every page before this one is full.
        if self.rows.chunks(PER_PAGE).any(|earlier| is_same_page(earlier, &read.rows)) {
            let reason = format!("page {page} shows the people of a page before it once more");
            return Err(ReadError::Incomplete(reason));
        }
        self.rows.extend(read.rows);
        if list.tagged {
            self.answers.push((read.target, read.answer));
        }
        Ok(next)
    }

    fn end(mut self, several: bool) -> Pass<T> {
        let repeats = self.rows.iter().map(Row::id).collect::<BTreeSet<_>>().len() < self.rows.len();
        let doubtful = repeats || several || self.rows.is_empty();
        self.rows.sort();
        Pass { rows: self.rows, doubtful, answers: self.answers }
    }
}

/// Whether both show the same people in the same order. Two rows of one person never make up a page.
fn is_same_page<T: Row>(one: &[T], other: &[T]) -> bool {
    one.iter().map(Row::id).eq(other.iter().map(Row::id))
}
