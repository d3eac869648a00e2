//! GitLab's published rule, clause by clause: which path leads to the project, and what it gives.

use access::{Account, MembershipRow, Seat, paths};
use jiff::civil::date;
use proto::{
    AccessLevel::{self, Developer, Guest, Maintainer, Minimal, None, Owner, Planner, Reporter},
    UnseenGroup, UserId,
};

use crate::{hierarchy::Hierarchy, row};

/// A project in `acme/web/shop`.
fn shop() -> Hierarchy {
    Hierarchy::project_in("acme/web/shop")
}

fn awaiting(user: u64, level: AccessLevel) -> MembershipRow {
    MembershipRow { seat: Seat::Awaiting, ..row(user, level) }
}

fn numbered(user: u64, number: u32) -> MembershipRow {
    row(user, AccessLevel::from_gitlab(number))
}

#[test]
fn a_direct_member_has_the_level_of_the_membership() {
    assert_eq!(shop().direct(1, Developer).lines(1), ["developer in the project itself"]);
}

#[test]
fn members_of_every_group_above_the_project_are_members_of_it() {
    let project =
        shop().member("acme", 1, Owner).member("acme/web", 1, Developer).member("acme/web/shop", 1, Guest);
    assert_eq!(
        project.lines(1),
        ["owner of group acme", "developer of group acme/web", "guest of group acme/web/shop"]
    );
}

#[test]
fn members_of_a_group_beside_or_below_are_not() {
    let project = shop().member("acme/mail", 1, Owner).member("acme/web/shop/deep", 2, Owner);
    assert_eq!((project.lines(1).len(), project.lines(2).len()), (0, 0));
}

#[test]
fn of_two_paths_with_one_level_the_shorter_one_decides() {
    let project = shop().member("acme", 1, Developer).direct(1, Developer);
    assert_eq!(project.lines(1), ["developer in the project itself", "developer of group acme"]);
}

#[test]
fn the_owner_of_a_personal_namespace_owns_its_projects() {
    let project = Hierarchy::project_of(1).direct(1, Maintainer).direct(2, Developer);
    assert_eq!(project.lines(1), ["owner of the personal namespace", "maintainer in the project itself"]);
    assert_eq!(project.level(2), Developer);
}

#[test]
fn members_of_an_invited_group_have_at_most_the_cap() {
    let project =
        shop().invited("partners", Reporter).member("partners", 1, Owner).member("partners", 2, Guest);
    assert_eq!(
        project.lines(1),
        ["owner of group partners, which the project invited with at most reporter: reporter"]
    );
    assert_eq!(
        project.lines(2),
        ["guest of group partners, which the project invited with at most reporter: guest"]
    );
}

#[test]
fn members_above_an_invited_group_count_too() {
    let project = shop().invited("corp/partners", Developer).member("corp", 1, Owner);
    assert_eq!(
        project.lines(1),
        [
            "owner of group corp, and so in group corp/partners, which the project invited with at most developer: \
          developer"
        ]
    );
}

#[test]
fn direct_members_of_groups_that_are_invited_into_an_invited_group_count_too() {
    let project = shop()
        .invited("corp/partners", Developer)
        .invited_to("corp/partners", "k", Reporter)
        .invited_to("corp", "l", Guest)
        .member("k", 1, Owner)
        .member("l", 2, Owner);
    assert_eq!(
        project.lines(1),
        [
            "owner of group k, which group corp/partners invited with at most reporter; the project invited group \
          corp/partners with at most developer: reporter"
        ]
    );
    assert_eq!(
        project.lines(2),
        [
            "owner of group l, which group corp invited with at most guest, and so in group corp/partners, which the \
          project invited with at most developer: guest"
        ]
    );
}

#[test]
fn of_a_group_that_is_invited_to_a_group_only_direct_members_count() {
    let project = shop()
        .invited_to("acme", "corp/partners", Developer)
        .member("corp/partners", 1, Maintainer)
        .member("corp", 2, Owner)
        .invited_to("corp/partners", "k", Owner)
        .member("k", 3, Owner);
    assert_eq!(
        project.lines(1),
        [
            "maintainer of group corp/partners, which group acme invited with at most developer, and so in the project: \
          developer"
        ]
    );
    assert_eq!((project.level(2), project.level(3)), (None, None));
    let project = project.invited("acme2", Owner).invited_to("acme2", "corp/partners", Guest);
    assert_eq!(project.level(2), None, "nor where that group is invited to the project");
}

#[test]
fn a_share_lock_voids_what_the_project_invited_and_nothing_else() {
    let project = shop()
        .share_lock()
        .invited("partners", Owner)
        .member("partners", 1, Owner)
        .invited_to("acme", "corp", Developer)
        .member("corp", 2, Owner)
        .member("acme", 3, Guest);
    assert_eq!(
        project.lines(1),
        [
            "owner of group partners, which the project invited with at most owner: nothing, because the project's \
          namespace forbids sharing projects with groups"
        ]
    );
    assert_eq!((project.level(1), project.level(2), project.level(3)), (None, Developer, Guest));
}

#[test]
fn what_gives_nothing_is_listed_last_with_the_reason() {
    let project = shop()
        .direct_row(awaiting(1, Owner))
        .member("acme", 1, Minimal)
        .member("acme/web", 1, None)
        .invited("partners", Minimal)
        .member("partners", 1, Owner)
        .member("acme/web/shop", 1, Guest);
    let low = "nothing, because minimal access or less gives nothing in projects";
    assert_eq!(
        project.lines(1),
        [
            "guest of group acme/web/shop".to_owned(),
            "owner in the project itself: nothing, because the membership waits for a seat".to_owned(),
            format!("minimal access in group acme: {low}"),
            format!("no access in group acme/web: {low}"),
            format!("owner of group partners, which the project invited with at most minimal access: {low}"),
        ]
    );
    assert_eq!(project.level(1), Guest);
}

#[test]
fn of_several_reasons_against_a_path_the_weightiest_is_told() {
    let project = shop()
        .share_lock()
        .invited("partners", Minimal)
        .member_row("partners", awaiting(1, Minimal))
        .direct_row(awaiting(2, Minimal));
    assert!(project.lines(1)[0].ends_with("forbids sharing projects with groups"), "{:?}", project.lines(1));
    assert!(project.lines(2)[0].ends_with("gives nothing in projects"), "{:?}", project.lines(2));
}

#[test]
fn roles_that_are_new_or_custom_count_by_the_next_lower_level() {
    let cases = [
        ("a custom role on top of guest, by its base level", 10, Guest),
        ("planner", 15, Planner),
        ("a level between two known ones", 22, Reporter),
        ("security manager", 25, AccessLevel::SecurityManager),
        ("a level between developer and maintainer", 35, Developer),
        ("a level above all known ones", 60, Owner),
        ("below minimal access", 3, None),
    ];
    for (case, number, level) in cases {
        assert_eq!(shop().direct_row(numbered(1, number)).level(1), level, "{case}");
        let cap = AccessLevel::from_gitlab(number);
        let project = shop().invited("partners", cap).member("partners", 1, Owner);
        assert_eq!(project.level(1), level, "{case}, as a cap");
    }
}

#[test]
fn a_path_ends_with_the_first_of_its_links() {
    let (may, june, july) = (date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1));
    let project = shop()
        .invited_until("corp/partners", Developer, june)
        .member_until("corp", 1, Developer, july)
        .member_until("corp", 2, Developer, may)
        .member("corp", 3, Developer);
    let ends = [1, 2, 3].map(|user| paths(&project.facts).people[&UserId(user)].paths[0].ends);
    assert_eq!(ends, [Some(june), Some(may), Some(june)]);
}

#[test]
fn two_rows_of_one_person_are_one_person() {
    let renamed = MembershipRow { username: "ann".to_owned(), ..row(1, Guest) };
    let blocked = MembershipRow { account: Account::Inactive, bot: true, ..row(1, Reporter) };
    let project = shop().direct(1, Guest).direct_row(renamed).direct_row(blocked);
    let person = &paths(&project.facts).people[&UserId(1)];
    assert_eq!((person.username.as_str(), person.account, person.bot), ("ann", Account::Active, false));
    assert_eq!(project.lines(1), ["reporter in the project itself", "guest in the project itself"]);
}

#[test]
fn the_state_of_an_account_voids_no_path() {
    let blocked_bot = MembershipRow { account: Account::Inactive, bot: true, ..row(1, Owner) };
    let project = shop().direct_row(blocked_bot);
    let person = &paths(&project.facts).people[&UserId(1)];
    assert_eq!((person.account, person.bot, person.level()), (Account::Inactive, true, Owner));
}

#[test]
fn what_goes_round_in_circles_ends() {
    let project = shop()
        .with_parent("acme", "acme/web/shop")
        .invited_to("acme", "acme/web/shop", Owner)
        .invited_to("acme/web/shop", "acme", Owner)
        .invited("acme/web", Owner)
        .invited_to("acme/web", "acme/web", Guest)
        .member("acme", 1, Developer);
    assert_eq!(project.level(1), Developer);
    assert_eq!(project.lines(1)[0], "developer of group acme");
}

/// The groups that are told of, by id and path.
fn unseen(project: &Hierarchy) -> Vec<(u64, Option<String>)> {
    let named = |UnseenGroup { id, path }| (id.expect("an id").0, path);
    paths(&project.facts).unseen.into_iter().map(named).collect()
}

#[test]
fn a_group_that_cannot_be_seen_and_may_give_access_is_told_of() {
    let known = |id, path: &str| vec![(id, Some(path.to_owned()))];
    let above = Hierarchy::project_in("acme/web").hidden("acme");
    assert_eq!(unseen(&above), known(1, "acme"), "above the project");
    let invited = Hierarchy::project_in("acme").invited("partners", Guest).hidden("partners");
    assert_eq!(unseen(&invited), known(2, "partners"), "invited to the project");
    let to_group = Hierarchy::project_in("acme").invited_to("acme", "partners", Guest).hidden("partners");
    assert_eq!(unseen(&to_group), known(2, "partners"), "invited to a group");
    let inner = Hierarchy::project_in("acme").invited("corp/partners", Guest).hidden("corp");
    assert_eq!(unseen(&inner), known(2, "corp"), "above an invited group");
    let own = Hierarchy::project_in("acme").hidden("acme");
    assert_eq!(unseen(&own), [(1, Option::None)], "the project's own, which nothing names");
    let twice = Hierarchy::project_in("acme").invited("acme", Guest).hidden("acme");
    assert_eq!(unseen(&twice), known(1, "acme"), "told of once, with the path where one is known");
}

#[test]
fn a_group_that_cannot_be_seen_and_gives_nothing_is_not_told_of() {
    let locked = Hierarchy::project_in("acme").share_lock().invited("partners", Owner).hidden("partners");
    let too_low = Hierarchy::project_in("acme").invited_to("acme", "partners", Minimal).hidden("partners");
    let two_away = Hierarchy::project_in("acme")
        .invited_to("acme", "corp/partners", Owner)
        .invited_to("corp/partners", "k", Owner)
        .hidden("k")
        .hidden("corp");
    for (case, project) in [("share lock", locked), ("minimal cap", too_low), ("not direct", two_away)] {
        assert_eq!(unseen(&project), [], "{case}");
    }
}

#[test]
fn a_big_world_is_no_trouble() {
    let mut project = shop();
    for group in 0..200 {
        let partners = format!("partners/{group}");
        project = project.invited(&partners, Reporter);
        for user in (group * 100)..((group + 1) * 100) {
            project = project.member(&partners, user, Maintainer).member("acme", user, Guest);
        }
    }
    let people = paths(&project.facts).people;
    assert_eq!(people.len(), 20_000);
    assert!(people.values().all(|person| person.level() == Reporter && person.paths.len() == 2));
}
