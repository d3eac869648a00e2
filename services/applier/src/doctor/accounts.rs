//! Whether people can be told, and whether the groups that settings name are there.

use proto::UserId;
use runtime::doctor::Check;

use super::{Config, Population};
use crate::{people::Survey, rules::Exposed, sonarqube::ANYONE};

/// Everything about people and groups.
pub(super) fn checks(population: &Population, config: &Config) -> Vec<Check> {
    let survey = Survey::of(&population.users, &config.people);
    vec![
        provider(&survey, &config.people.provider),
        ids(&survey),
        mapping(&survey),
        skipped(population, config),
        closed(population, config),
    ]
}

fn provider(survey: &Survey, provider: &str) -> Check {
    const NAME: &str = "identity provider";
    let elsewhere: Vec<_> =
        survey.elsewhere.iter().map(|(provider, count)| format!("{provider} {count}")).collect();
    let elsewhere = if elsewhere.is_empty() { "none".to_owned() } else { elsewhere.join(", ") };
    let found = format!("{} of {provider}; of others: {elsewhere}", accounts(survey.of_gitlab()));
    if survey.of_gitlab() > 0 {
        return Check::ok(NAME, found);
    }
    Check::warn(
        NAME,
        found,
        "guassp gives permissions to accounts of this provider only: have people sign in through GitLab, or name the \
         provider they sign in by in sonarqube.provider",
    )
}

fn ids(survey: &Survey) -> Check {
    const NAME: &str = "GitLab ids";
    if !survey.same.is_empty() {
        let same = survey.same.iter().map(|(id, logins)| format!("{id}: {}", logins.join(", ")));
        return Check::warn(
            NAME,
            format!("several accounts tell the same id: {}", same.collect::<Vec<_>>().join("; ")),
            "nothing is changed for these: deactivate all but the right one of each",
        );
    }
    if !survey.unusable.is_empty() {
        return Check::warn(
            NAME,
            format!(
                "{} tell neither an id nor a username: {}",
                accounts(survey.unusable.len()),
                survey.unusable.join(", ")
            ),
            "they are found for nobody: have them sign in through GitLab again, or name them in sonarqube.user_mapping",
        );
    }
    if survey.by_username > 0 {
        return Check::warn(
            NAME,
            format!("{} tell theirs, {} only a username", survey.by_id, survey.by_username),
            "a username can go to somebody else: set the external id of these accounts to GitLab's number",
        );
    }
    Check::ok(NAME, format!("{} tell theirs", accounts(survey.by_id)))
}

/// People are named by GitLab's id: what stands in the lines may be an e-mail address.
fn mapping(survey: &Survey) -> Check {
    const NAME: &str = "user mapping";
    let lines = &survey.lines;
    let wrong = [
        ("no account", &lines.missing),
        ("several accounts", &lines.several),
        ("an account of another identity provider", &lines.foreign),
    ];
    let wrong: Vec<_> = wrong
        .into_iter()
        .filter(|(_, users)| !users.is_empty())
        .map(|(what, users)| format!("{what}: GitLab id {}", listed(users)))
        .collect();
    match (wrong.is_empty(), lines.good) {
        (true, 0) => return Check::ok(NAME, "none"),
        (true, good) => return Check::ok(NAME, format!("{good} lines, each names an account")),
        (false, _) => {}
    }
    Check::warn(
        NAME,
        format!("lines that name {}", wrong.join("; ")),
        "correct these lines of sonarqube.user_mapping; until then nothing is changed for these people",
    )
}

fn listed(users: &[UserId]) -> String {
    users.iter().map(UserId::to_string).collect::<Vec<_>>().join(", ")
}

fn skipped(population: &Population, config: &Config) -> Check {
    const NAME: &str = "skipped groups";
    let missing = missing(population, config.people.skip_groups.iter());
    match missing.as_slice() {
        [] => Check::ok(NAME, named(config.people.skip_groups.iter())),
        missing => Check::fail(
            NAME,
            format!("not in SonarQube: {}", missing.join(", ")),
            "correct SONARQUBE_SKIP_GROUPS; names are compared with upper and lower case. Until then no plan is written",
        ),
    }
}

fn closed(population: &Population, config: &Config) -> Check {
    const NAME: &str = "closed groups";
    let missing = missing(population, config.close_groups.iter());
    let found = format!("not in SonarQube: {}", missing.join(", "));
    let mend = "correct sonarqube.close_groups; names are compared with upper and lower case";
    match (missing.is_empty(), config.exposure) {
        (true, Exposed::Close) => Check::ok(NAME, named(config.close_groups.iter())),
        (true, Exposed::Report) => Check::ok(NAME, "nothing is closed: sonarqube.exposure is report"),
        (false, Exposed::Close) => Check::fail(NAME, found, mend),
        (false, Exposed::Report) => Check::warn(NAME, found, mend),
    }
}

/// `Anyone` is no group, and always there.
fn missing<'a>(population: &Population, names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let is_missing = |name: &&str| *name != ANYONE && population.group(name).is_none();
    names.map(String::as_str).filter(is_missing).collect()
}

fn named<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.map(String::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn accounts(count: usize) -> String {
    if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") }
}
