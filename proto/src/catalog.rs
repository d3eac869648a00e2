//! The catalogue: which GitLab projects SonarQube has. Written by appliers, read by resolvers.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Message, ProjectId};

/// The SonarQube projects of one GitLab project, as an applier last saw them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogEntry {
    /// Their keys, in order.
    pub keys: Vec<String>,
    /// Whether only the name led to them: a list of bindings and keys then cannot tell that they are gone.
    pub by_name: bool,
    /// The GitLab path that it was found by, where only the name led to them; otherwise the path at the last plan.
    #[serde(default)]
    pub path: Option<String>,
    /// When this was first seen.
    pub at: Timestamp,
}

/// Key `claim.` and the SonarQube project: whose it is. It counts as long as that project's entry says the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogClaim {
    /// The GitLab project that it was found for.
    pub project: ProjectId,
}

impl Message for CatalogClaim {
    const SCHEMA: &'static str = "guassp.catalog_claim";
    const VERSION: u32 = 1;
}

/// Key `complete`: everything that SonarQube's lists show was written once. Before, a project that is not in the
/// catalogue may be in SonarQube all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogComplete {
    /// When.
    pub at: Timestamp,
}

/// Key `listing`: who has listed last keeps the others from it until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogListing {
    /// When SonarQube's projects are listed next.
    pub next: Timestamp,
}

impl Message for CatalogEntry {
    const SCHEMA: &'static str = "guassp.catalog_entry";
    const VERSION: u32 = 1;
}

impl Message for CatalogComplete {
    const SCHEMA: &'static str = "guassp.catalog_complete";
    const VERSION: u32 = 1;
}

impl Message for CatalogListing {
    const SCHEMA: &'static str = "guassp.catalog_listing";
    const VERSION: u32 = 1;
}
