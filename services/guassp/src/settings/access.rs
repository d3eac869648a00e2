//! Section `access`: what each role may do, where something else holds, and what is left alone.

use std::collections::{BTreeMap, BTreeSet};

use access::{Layer, Policy, Preset, Scope};
use proto::{AccessLevel, Permission, PermissionSet};
use runtime::config::ConfigError;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Access {
    roles: Preset,
    visibility: bool,
    scan: bool,
    skip: Vec<Entry>,
    table: Table,
    overrides: BTreeMap<String, Override>,
}

/// Role = permissions, as they are written.
type Table = BTreeMap<String, Keys>;

/// A list, or as in the environment text with commas: the names of the variables depend on what people override.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "a list of permissions")]
enum Keys {
    List(Vec<String>),
    Text(String),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Override {
    roles: Option<Preset>,
    visibility: Option<bool>,
    scan: Option<bool>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    table: Table,
}

/// A path or an id. In the environment an id is a number.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "the paths or ids of groups and projects")]
enum Entry {
    Id(u64),
    Text(String),
}

impl Access {
    pub(super) fn policy(&self) -> Result<Policy, ConfigError> {
        let everywhere = Layer {
            roles: Some(self.roles),
            table: lines("access.table", &self.table)?,
            visibility: Some(self.visibility),
            scan: Some(self.scan),
        };
        Ok(Policy { everywhere, overrides: self.overrides()?, skip: self.skip()? })
    }

    fn overrides(&self) -> Result<BTreeMap<Scope, Layer>, ConfigError> {
        let mut overrides = BTreeMap::new();
        for (text, layer) in &self.overrides {
            let key = format!("access.overrides.\"{text}\"");
            if overrides.insert(scope(&key, text)?, layer.layer(&key)?).is_some() {
                return Err(ConfigError {
                    setting: key,
                    problem: "is there twice (upper and lower case are the same)".to_owned(),
                    mend: "write it once".to_owned(),
                });
            }
        }
        Ok(overrides)
    }

    fn skip(&self) -> Result<BTreeSet<Scope>, ConfigError> {
        let entry = |entry: &Entry| match entry {
            Entry::Id(id) => scope("access.skip", &id.to_string()),
            Entry::Text(text) => scope("access.skip", text),
        };
        self.skip.iter().map(entry).collect()
    }
}

impl Override {
    fn layer(&self, key: &str) -> Result<Layer, ConfigError> {
        Ok(Layer {
            roles: self.roles,
            table: lines(&format!("{key}.table"), &self.table)?,
            visibility: self.visibility,
            scan: self.scan,
        })
    }
}

fn scope(setting: &str, text: &str) -> Result<Scope, ConfigError> {
    text.parse().map_err(|unknown| ConfigError {
        setting: setting.to_owned(),
        problem: format!("has the entry \"{text}\", which {unknown}"),
        mend: "write it as in the address of the project's page, without the server".to_owned(),
    })
}

fn lines(key: &str, table: &Table) -> Result<BTreeMap<AccessLevel, PermissionSet>, ConfigError> {
    table.iter().map(|(name, keys)| Ok((role(key, name)?, permissions(key, name, keys)?))).collect()
}

fn role(key: &str, name: &str) -> Result<AccessLevel, ConfigError> {
    let roles = || AccessLevel::ALL.into_iter().filter(|level| *level > AccessLevel::Minimal);
    roles().find(|level| level.key() == name).ok_or_else(|| {
        let known: Vec<_> = roles().map(AccessLevel::key).collect();
        ConfigError {
            setting: format!("{key}.{name}"),
            problem: "is no role that gives access".to_owned(),
            mend: format!("use one of {}", known.join(", ")),
        }
    })
}

fn permissions(key: &str, role: &str, keys: &Keys) -> Result<PermissionSet, ConfigError> {
    let permissions: Result<PermissionSet, _> = match keys {
        Keys::List(keys) => keys.iter().map(|key| key.parse::<Permission>()).collect(),
        Keys::Text(text) => text.split(',').map(|key| key.trim().parse::<Permission>()).collect(),
    };
    permissions.map_err(|unknown| ConfigError {
        setting: format!("{key}.{role}"),
        problem: format!("has an {unknown}"),
        mend: "use their keys, which are those of SonarQube's API".to_owned(),
    })
}

#[cfg(test)]
mod tests;
