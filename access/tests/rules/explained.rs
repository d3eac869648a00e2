//! What is told of each person: GitLab's list, which decides, beside the paths.

use access::{Account, BotRule, Exemptions, MembershipRow, RoleMap, Seat, effective, explain, paths};
use proto::{
    AccessLevel::{Developer, Guest, Minimal, Owner, Reporter},
    AccessVerdict, PersonAccess, UserId,
};

use crate::{hierarchy::Hierarchy, row};

/// What is told when GitLab's list has these rows.
fn told(list: Vec<MembershipRow>, project: &Hierarchy, exempt: &Exemptions) -> Vec<PersonAccess> {
    explain(&effective(list, exempt), paths(&project.facts), exempt, &RoleMap::sonarqube())
}

/// The same, a line a person.
fn lines(list: Vec<MembershipRow>, project: &Hierarchy, exempt: &Exemptions) -> String {
    let verdict = |verdict: &AccessVerdict| match verdict {
        AccessVerdict::Access { level, permissions } => format!("{level} ({permissions})"),
        AccessVerdict::LeftOut { reason } => format!("left out ({reason:?})"),
        AccessVerdict::Unlisted => "unlisted".to_owned(),
        AccessVerdict::NoMembership => "no membership".to_owned(),
    };
    let line = |person: &PersonAccess| {
        let by_paths = person.by_paths.map_or_else(String::new, |level| format!(", by paths {level}"));
        format!("{} {}: {}{by_paths}", person.id, person.username, verdict(&person.verdict))
    };
    told(list, project, exempt).iter().map(line).collect::<Vec<_>>().join("\n")
}

fn acme() -> Hierarchy {
    Hierarchy::project_in("acme")
}

fn awaiting(user: u64) -> MembershipRow {
    MembershipRow { seat: Seat::Awaiting, ..row(user, Developer) }
}

fn blocked(user: u64) -> MembershipRow {
    MembershipRow { account: Account::Inactive, ..row(user, Developer) }
}

fn bot(user: u64) -> MembershipRow {
    MembershipRow { bot: true, ..row(user, Developer) }
}

#[test]
fn where_list_and_paths_agree_only_the_list_is_told() {
    let project = acme().direct(1, Guest).member("acme", 2, Developer);
    let told = lines(vec![row(2, Developer), row(1, Guest)], &project, &Exemptions::default());
    insta::assert_snapshot!(told, @r"
    1 user1: guest (user)
    2 user2: developer (user, codeviewer, issueadmin, securityhotspotadmin, scan)
    ");
}

#[test]
fn every_path_is_told_the_one_that_decides_first() {
    let project = acme().direct(1, Guest).member("acme", 1, Reporter).member("acme", 2, Owner);
    let told = told(vec![row(1, Reporter)], &project, &Exemptions::default());
    let paths: Vec<_> = told[0].paths.iter().map(ToString::to_string).collect();
    assert_eq!(paths, ["reporter of group acme", "guest in the project itself"]);
}

#[test]
fn where_they_differ_the_list_stands_and_the_paths_are_told() {
    let project = acme().direct(1, Guest).direct(3, Developer).direct(4, Minimal);
    let list = vec![row(1, Owner), row(2, Reporter), row(3, Minimal), row(4, Minimal)];
    insta::assert_snapshot!(lines(list, &project, &Exemptions::default()), @r"
    1 user1: owner (user, codeviewer, issueadmin, securityhotspotadmin, scan, admin), by paths guest
    2 user2: reporter (user, codeviewer), by paths no access
    3 user3: left out (NoAccess), by paths developer
    4 user4: left out (NoAccess)
    ");
}

#[test]
fn whoever_is_left_out_for_the_persons_sake_is_not_compared() {
    let project =
        acme().direct_row(blocked(1)).direct_row(bot(2)).direct(3, Developer).direct_row(awaiting(4));
    let exempt = Exemptions { users: [UserId(3)].into(), ..Exemptions::default() };
    let list = vec![blocked(1), bot(2), row(3, Guest), awaiting(4)];
    insta::assert_snapshot!(lines(list, &project, &exempt), @r"
    1 user1: left out (NotActive)
    2 user2: left out (Bot)
    3 user3: left out (Exempt)
    4 user4: left out (Awaiting)
    ");
}

#[test]
fn whoever_the_list_lacks_is_unlisted_where_a_path_counts_and_left_out_otherwise() {
    let project = acme()
        .direct(1, Developer)
        .direct_row(awaiting(2))
        .direct(3, Minimal)
        .direct_row(blocked(4))
        .direct_row(bot(5))
        .direct(6, Owner)
        .share_lock()
        .invited("partners", Owner)
        .member("partners", 7, Owner);
    let exempt = Exemptions { users: [UserId(6)].into(), ..Exemptions::default() };
    insta::assert_snapshot!(lines(vec![], &project, &exempt), @r"
    1 user1: unlisted, by paths developer
    2 user2: left out (Awaiting)
    3 user3: left out (NoAccess)
    4 user4: left out (NotActive)
    5 user5: left out (Bot)
    6 user6: left out (Exempt)
    7 user7: left out (NoAccess)
    ");
}

#[test]
fn bots_that_are_included_are_told_of_like_people() {
    let included = Exemptions { bots: BotRule::Include, ..Exemptions::default() };
    let project = acme().direct_row(bot(1)).direct_row(bot(2));
    insta::assert_snapshot!(lines(vec![bot(1)], &project, &included), @r"
    1 user1: developer (user, codeviewer, issueadmin, securityhotspotadmin, scan)
    2 user2: unlisted, by paths developer
    ");
}
