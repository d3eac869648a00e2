//! What a setting is about: the projects in a group, or one project.

use std::{fmt, str::FromStr};

use proto::ProjectId;

/// A part of GitLab, as the settings name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The projects in the group with this full path, at any depth, or the project with it. In lower case: GitLab
    /// tells no two paths apart that differ in nothing else (`app/models/route.rb`).
    Path(String),
    /// The project with this id.
    Project(ProjectId),
}

impl Scope {
    /// How closely the scope is about the project: nothing when it is not, and the more the nearer. A group is
    /// nearer than those above it, the project's own path than any group, and its id is the nearest.
    pub(crate) fn nearness(&self, id: ProjectId, path: &str) -> Option<usize> {
        match self {
            Self::Project(own) => (*own == id).then_some(usize::MAX),
            Self::Path(above) => leads_to(above, &path.to_ascii_lowercase()),
        }
    }

    /// The same for all that `other` is about. Where a project of which only the id is known lies, nobody can tell.
    pub(crate) fn nearness_to(&self, other: &Self) -> Option<usize> {
        match (self, other) {
            (Self::Path(above), Self::Path(path)) => leads_to(above, path),
            (Self::Project(_), _) | (_, Self::Project(_)) => (self == other).then_some(usize::MAX),
        }
    }
}

fn leads_to(above: &str, path: &str) -> Option<usize> {
    let rest = path.strip_prefix(above)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(above.len())
}

/// Text that is neither a path nor a project's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownScope;

impl fmt::Display for UnknownScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is neither the path of a group or project, such as acme/legacy, nor a project's id")
    }
}

impl std::error::Error for UnknownScope {}

impl FromStr for Scope {
    type Err = UnknownScope;

    /// A number is a project's id, though a group might have such a path.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Project(ProjectId(id)));
        }
        let path = text.trim_matches('/');
        let is_name = |name: &str| !name.is_empty() && name.chars().all(in_a_name);
        if path.split('/').all(is_name) {
            Ok(Self::Path(path.to_ascii_lowercase()))
        } else {
            Err(UnknownScope)
        }
    }
}

/// The characters of GitLab's paths (`lib/gitlab/path_regex.rb`).
const fn in_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Project(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_about_the_projects_below_it_and_no_others() {
        let shop = (ProjectId(7), "Acme/Web/shop");
        let order = ["acme", "/acme/", "Acme/web", "acme/web/Shop", "7"];
        let near: Vec<_> = order.map(|text| text.parse::<Scope>().unwrap().nearness(shop.0, shop.1)).into();
        assert!(near.is_sorted() && near.iter().all(Option::is_some), "{near:?}");
        assert_eq!(near[0], near[1]);
        for other in ["ac", "acme/we", "acme/web/shop/x", "web", "shop", "8"] {
            assert_eq!(other.parse::<Scope>().unwrap().nearness(shop.0, shop.1), None, "{other}");
        }
    }

    #[test]
    fn what_cannot_be_a_path_is_refused() {
        for text in ["", "/", "acme//web", "https://gitlab.example.com/acme", "acme/*", "acme web", "a\u{df}"]
        {
            assert_eq!(text.parse::<Scope>(), Err(UnknownScope), "{text:?}");
        }
    }
}
