//! The environment as a layer of settings.

use std::path::Path;

use figment::{
    Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

use super::{ConfigError, read};

/// An environment name that stands for a setting.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// The name in the environment.
    pub name: &'static str,
    /// The setting's dotted key.
    pub key: &'static str,
    /// How the value is written.
    pub kind: Written,
}

/// How the value of a variable is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// As it stands.
    Text,
    /// As it stands; `<NAME>_FILE` may name a file instead.
    Secret,
    /// The same; the file need not be there ([`Retired`](crate::secret::Retired)).
    RetiredSecret,
    /// Parts separated by commas.
    List,
    /// A number, a word or a time.
    Value,
}

/// The part of the environment that holds settings: (variable, key, value).
#[derive(Debug)]
pub(super) struct Environment(Vec<(String, String, Value)>);

impl Environment {
    pub(super) fn read(
        environment: Vec<(String, String)>,
        variables: &[Variable],
    ) -> Result<Self, ConfigError> {
        let mut found = Vec::new();
        for (name, text) in environment {
            let setting = Setting::of(&name, variables);
            // Compose files and charts pass a variable that nobody set as an empty one.
            if let Some(setting) = setting.filter(|setting| !text.is_empty() || setting.kind == Written::List)
            {
                let value = setting.value(&name, &text)?;
                found.push((name, setting.key, value));
            }
        }
        // The product's own names come last: where both are set, the more exact one counts.
        found.sort_by_key(|(name, ..)| name.starts_with(OWN));
        Ok(Self(found))
    }

    /// The variable that set `key`.
    pub(super) fn name_of(&self, key: &str) -> Option<String> {
        let below =
            |k: &str| key.strip_prefix(k).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.0.iter().rev().find(|(_, k, _)| below(k)).map(|(name, ..)| name.clone())
    }
}

impl Provider for &Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut all = Dict::new();
        for (_, key, value) in &self.0 {
            insert(&mut all, key, value.clone());
        }
        Ok(Profile::Default.collect(all))
    }
}

const OWN: &str = "GUASSP_";

impl Written {
    const fn may_be_file(self) -> bool {
        matches!(self, Self::Secret | Self::RetiredSecret)
    }
}

struct Setting {
    key: String,
    kind: Written,
    from_file: bool,
}

impl Setting {
    /// The setting that `name` stands for, if it stands for one.
    fn of(name: &str, variables: &[Variable]) -> Option<Self> {
        Self::exactly(name, variables).or_else(|| {
            let secret = Self::exactly(name.strip_suffix("_FILE")?, variables)?;
            secret.kind.may_be_file().then_some(Self { from_file: true, ..secret })
        })
    }

    fn exactly(name: &str, variables: &[Variable]) -> Option<Self> {
        if let Some(known) = variables.iter().find(|v| v.name == name) {
            return Some(Self { key: known.key.to_owned(), kind: known.kind, from_file: false });
        }
        let key =
            name.strip_prefix(OWN).filter(|rest| rest.contains("__"))?.to_lowercase().replace("__", ".");
        let kind = variables.iter().find(|v| v.key == key).map_or(Written::Value, |v| v.kind);
        // `GUASSP_X__Y_FILE` of a secret `x.y` is that secret's file, not an unknown key `x.y_file`.
        let file_of = key.strip_suffix("_file").and_then(|key| variables.iter().find(|v| v.key == key));
        match file_of {
            Some(secret) if secret.kind.may_be_file() => None,
            _ => Some(Self { key, kind, from_file: false }),
        }
    }

    fn value(&self, name: &str, text: &str) -> Result<Value, ConfigError> {
        if self.from_file {
            if self.kind == Written::Secret {
                read(Path::new(text), name)?;
            }
            return Ok(Dict::from([("file".to_owned(), Value::from(text))]).into());
        }
        Ok(match self.kind {
            Written::Text | Written::Secret | Written::RetiredSecret => Value::from(text),
            Written::Value => parse(text),
            Written::List => text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(parse)
                .collect::<Vec<_>>()
                .into(),
        })
    }
}

fn parse(text: &str) -> Value {
    match text.parse() {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

fn insert(all: &mut Dict, key: &str, value: Value) {
    let nested = figment::util::nest(key, value);
    if let Value::Dict(_, dict) = nested {
        for (section, value) in dict {
            merge(all, section, value);
        }
    }
}

fn merge(all: &mut Dict, key: String, value: Value) {
    match (all.get_mut(&key), value) {
        (Some(Value::Dict(_, old)), Value::Dict(_, new)) => {
            for (key, value) in new {
                merge(old, key, value);
            }
        }
        (_, value) => {
            all.insert(key, value);
        }
    }
}
