//! Whom SonarQube lets into projects that nobody has brought in line yet.

use std::collections::BTreeSet;

use access::{ADMINISTRATORS, opens};
use proto::Visibility;
use runtime::doctor::Check;

use super::{Config, Population, unread};
use crate::sonarqube::{ANYONE, DefaultTemplate, GroupHolding, Reader, SonarQubeError};

/// What the default permission template gives to groups, and how many people that lets into every new private project.
pub(super) async fn exposure(reader: &Reader, population: &Population, config: &Config) -> Check {
    const NAME: &str = "default template";
    let template = match reader.default_template().await {
        Ok(template) => template,
        Err(error) => return unread(NAME, &error),
    };
    let opening = opening(&template);
    let gives = gives(&template.groups);
    if opening.is_empty() {
        return Check::ok(
            NAME,
            format!("\"{}\" lets no group into new private projects ({gives})", template.name),
        );
    }
    let people = match let_in(reader, population, &opening).await {
        Ok(people) => people,
        Err(error) => return unread(NAME, &error),
    };
    let found = format!(
        "\"{}\" lets {people} of {} people into every new private project ({gives})",
        template.name,
        population.users.len()
    );
    Check::warn(NAME, found, mend(&opening, config))
}

/// The groups that may see a new private project, the administrators apart. Nothing of `Anyone` is put onto one.
fn opening(template: &DefaultTemplate) -> Vec<&GroupHolding> {
    let opens = |group: &&GroupHolding| {
        group.name != ADMINISTRATORS && group.name != ANYONE && opens(group.permissions, Visibility::Private)
    };
    template.groups.iter().filter(opens).collect()
}

async fn let_in(
    reader: &Reader,
    population: &Population,
    opening: &[&GroupHolding],
) -> Result<usize, SonarQubeError> {
    let mut people = BTreeSet::new();
    for holding in opening {
        match population.group(&holding.name) {
            Some(group) if !group.default => people.extend(reader.members_of(group).await?),
            Some(_) => return Ok(population.users.len()),
            None => {}
        }
    }
    let there = |id: &&String| population.users.iter().any(|user| user.id == **id);
    Ok(people.iter().filter(there).count())
}

fn mend(opening: &[&GroupHolding], config: &Config) -> String {
    let (closed, others): (Vec<&str>, Vec<&str>) =
        opening.iter().map(|group| group.name.as_str()).partition(|name| config.close_groups.contains(*name));
    let closed = (!closed.is_empty())
        .then(|| format!("guassp doctor --mend default-template takes that from {}", closed.join(", ")));
    let others = (!others.is_empty())
        .then(|| format!("if {} is not to have it, add it to sonarqube.close_groups", others.join(", ")));
    let words =
        [closed, others, Some("for projects that are there already see sonarqube.exposure".to_owned())];
    words.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The visibility of new projects.
pub(super) async fn visibility(reader: &Reader) -> Check {
    const NAME: &str = "new projects";
    match reader.default_visibility().await {
        Ok(Visibility::Private) => Check::ok(NAME, "private"),
        Ok(Visibility::Public) => Check::warn(
            NAME,
            "public, so everybody sees one until its first sync",
            "make it private: Administration > Projects > Management > Default visibility of new projects",
        ),
        Err(error) => unread(NAME, &error),
    }
}

/// What groups may do everywhere. guassp never changes that.
pub(super) async fn global_permissions(reader: &Reader) -> Check {
    const NAME: &str = "global permissions";
    match reader.global_groups().await {
        Ok(groups) => {
            let everybodys: Vec<GroupHolding> =
                groups.into_iter().filter(|group| group.name != ADMINISTRATORS).collect();
            Check::ok(NAME, format!("of groups, which are never changed: {}", gives(&everybodys)))
        }
        Err(error) => unread(NAME, &error),
    }
}

/// Which group has what.
fn gives(groups: &[GroupHolding]) -> String {
    let one = |group: &GroupHolding| {
        let known = group.permissions.iter().map(|permission| permission.key().to_owned());
        let keys: Vec<String> = known.chain(group.other.iter().cloned()).collect();
        format!("{}: {}", group.name, keys.join(", "))
    };
    if groups.is_empty() { "none".to_owned() } else { groups.iter().map(one).collect::<Vec<_>>().join("; ") }
}
