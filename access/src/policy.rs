//! Which rules hold for which project: the settings of everybody, what differs in some groups, and what is left alone.
//!
//! Decides from a project's id and its path at the moment: a project that moves comes under the rules of its new place.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use proto::{AccessLevel, Permission, PermissionSet, ProjectId};

use crate::{Preset, RoleMap, Scope};

/// What the settings say of all projects. The default is what holds where they say nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// What holds where no override says otherwise.
    pub everywhere: Layer,
    /// What holds in a group or for a project.
    pub overrides: BTreeMap<Scope, Layer>,
    /// What is not synchronised at all.
    pub skip: BTreeSet<Scope>,
}

/// Some rules; each that is missing is that of the next wider layer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layer {
    /// The preset that the role map begins with; by default the first one.
    pub roles: Option<Preset>,
    /// Lines of an own role map, in place of the preset's.
    pub table: BTreeMap<AccessLevel, PermissionSet>,
    /// Whether SonarQube's visibility follows GitLab's; by default it does.
    pub visibility: Option<bool>,
    /// Whether the role map may give `scan`; by default it may.
    pub scan: Option<bool>,
}

/// The rules of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// What each level may do.
    pub roles: RoleMap,
    /// Whether SonarQube's visibility follows GitLab's.
    pub visibility: bool,
}

/// The project is not synchronised, because `access.skip` has this entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped(pub Scope);

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the setting access.skip has the entry \"{}\", so this project is not synchronised", self.0)
    }
}

impl Policy {
    /// The rules of the project that has this path with namespace now. The nearest override counts, key by key (each
    /// line of a table is a key): the project's id, then its path, then its group, and so on upwards.
    ///
    /// # Errors
    /// The entry of the settings by which the project is left alone.
    pub fn rules_for(&self, project: ProjectId, path: &str) -> Result<Rules, Skipped> {
        if let Some(entry) = self.skip.iter().find(|scope| scope.nearness(project, path).is_some()) {
            return Err(Skipped(entry.clone()));
        }
        Ok(self.rules_regardless(project, path))
    }

    /// The rules that the project would have if it were not left alone.
    #[must_use]
    pub fn rules_regardless(&self, project: ProjectId, path: &str) -> Rules {
        self.rules(|scope| scope.nearness(project, path))
    }

    /// Every role map in which a higher role has less than a lower one, by the table that it comes from: an operator
    /// may want that, and should know.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let everywhere: Vec<_> = self.rules(|_| None).roles.falls().collect();
        let mut warnings: Vec<_> =
            everywhere.iter().map(|fall| format!("in [access.table] {fall}")).collect();
        for scope in self.overrides.keys() {
            let falls = self.rules(|wider| wider.nearness_to(scope)).roles;
            let own = falls.falls().filter(|fall| !everywhere.contains(fall));
            warnings.extend(own.map(|fall| format!("in [access.overrides.\"{scope}\"] {fall}")));
        }
        warnings
    }

    fn rules(&self, nearness: impl Fn(&Scope) -> Option<usize>) -> Rules {
        let mut near: Vec<_> =
            self.overrides.iter().filter_map(|(scope, layer)| Some((nearness(scope)?, layer))).collect();
        near.sort_by_key(|(nearness, _)| Reverse(*nearness));
        let layers: Vec<_> = near.into_iter().map(|(_, layer)| layer).chain([&self.everywhere]).collect();
        let preset = layers.iter().find_map(|layer| layer.roles).unwrap_or_default();
        // The widest first: a nearer line replaces its line.
        let lines = layers.iter().rev().flat_map(|layer| &layer.table);
        let roles = lines.fold(preset.role_map(), |roles, (level, set)| roles.with(*level, *set));
        let scan = layers.iter().find_map(|layer| layer.scan).unwrap_or(true);
        Rules {
            roles: if scan { roles } else { roles.without(Permission::Scan) },
            visibility: layers.iter().find_map(|layer| layer.visibility).unwrap_or(true),
        }
    }
}
