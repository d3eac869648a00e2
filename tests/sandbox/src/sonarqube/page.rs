//! Pages of both API versions. A page that is too long is an error, not cut to fit.

use serde_json::{Value, json};

use super::app::Refusal;
use super::params::Params;

/// A page asked for: index from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    index: usize,
    size: usize,
}

impl Page {
    /// `p` and `ps` of the first version.
    pub(super) fn first(params: &Params, default: usize, most: usize) -> Result<Self, Refusal> {
        let (index, size) = (params.number("p", 1)?, params.number("ps", default)?);
        if size > most {
            return Err(Refusal::invalid(format!("'ps' value ({size}) must be less than {most}")));
        }
        if index < 1 || size < 1 {
            return Err(Refusal::invalid(format!("'p' value ({index}) must be greater than 0")));
        }
        Ok(Self { index, size })
    }

    /// `pageIndex` and `pageSize` of the second version; size 0 asks for the total alone.
    pub(super) fn second(params: &Params) -> Result<Self, Refusal> {
        let (index, size) = (params.number("pageIndex", 1)?, params.number("pageSize", 50)?);
        if size > 500 {
            let why = "must be less than or equal to 500";
            return Err(Refusal::invalid(format!(
                "Value {size} for field pageSize was rejected. Error: {why}."
            )));
        }
        if index < 1 {
            let why = "must be greater than or equal to 1";
            return Err(Refusal::invalid(format!(
                "Value {index} for field pageIndex was rejected. Error: {why}."
            )));
        }
        Ok(Self { index, size })
    }

    pub(super) fn cut<T>(self, rows: Vec<T>) -> Vec<T> {
        rows.into_iter().skip((self.index - 1).saturating_mul(self.size)).take(self.size).collect()
    }

    /// `paging` of the first version, `page` of the second.
    pub(super) fn json(self, total: usize) -> Value {
        json!({ "pageIndex": self.index, "pageSize": self.size, "total": total })
    }
}
