//! Lists that come in pages: read whole, or not at all.

use std::{collections::HashSet, hash::Hash};

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    SonarQubeError,
    endpoint::Endpoint,
    reading::{Query, Reading},
};

/// One page of a list.
pub(super) trait Page: DeserializeOwned {
    /// A row of the list.
    type Row: Row;

    /// How many rows SonarQube says the whole list has, and the rows of this page.
    fn parts(self) -> (usize, Vec<Self::Row>);
}

/// A row of a list.
pub(super) trait Row {
    /// What tells the row from every other.
    fn identity(&self) -> &str;
}

/// The part of SonarQube's `paging` and `page` that counts.
#[derive(Debug, Deserialize)]
pub(super) struct Figures {
    pub(super) total: usize,
}

impl Reading {
    /// One page, from 1.
    pub(super) async fn page<P: Page>(
        &self,
        endpoint: &'static Endpoint,
        query: &Query,
        index: usize,
    ) -> Result<(usize, Vec<P::Row>), SonarQubeError> {
        let paging = endpoint.paging;
        let mut query = query.clone();
        query.push((paging.size, paging.rows.to_string()));
        query.push((paging.index, index.to_string()));
        self.get::<P>(endpoint, query).await.map(P::parts)
    }

    /// The whole list.
    ///
    /// # Errors
    /// [`SonarQubeError::Incomplete`] when the list has more or fewer rows than SonarQube said, when it says something
    /// else on a later page, or when it gives a row twice: the list moved while it was read.
    pub(super) async fn all<P: Page>(
        &self,
        endpoint: &'static Endpoint,
        query: Query,
    ) -> Result<Vec<P::Row>, SonarQubeError> {
        let (total, mut rows) = self.page::<P>(endpoint, &query, 1).await?;
        for index in 2.. {
            if rows.len() >= total {
                break;
            }
            let (still, found) = self.page::<P>(endpoint, &query, index).await?;
            if found.is_empty() || still != total {
                return Err(incomplete(endpoint, format!("{total} rows at first, {still} on page {index}")));
            }
            rows.extend(found);
        }
        checked(endpoint, rows, total)
    }
}

fn checked<R: Row>(
    endpoint: &'static Endpoint,
    rows: Vec<R>,
    total: usize,
) -> Result<Vec<R>, SonarQubeError> {
    if rows.len() != total {
        return Err(incomplete(endpoint, format!("{} rows of {total} were read", rows.len())));
    }
    match repeated(rows.iter().map(Row::identity)) {
        Some(identity) => Err(incomplete(endpoint, format!("{identity} is listed twice"))),
        None => Ok(rows),
    }
}

/// The first that comes a second time.
pub(super) fn repeated<T: Hash + Eq + Copy>(all: impl IntoIterator<Item = T>) -> Option<T> {
    let mut seen = HashSet::new();
    all.into_iter().find(|one| !seen.insert(*one))
}

pub(super) const fn incomplete(endpoint: &Endpoint, reason: String) -> SonarQubeError {
    SonarQubeError::Incomplete { call: endpoint.route, reason }
}
