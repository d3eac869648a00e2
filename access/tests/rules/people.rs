//! Who has access at which level, and why somebody has none.

use access::{
    Account, BotRule, EffectivePerson, Exemptions, MembershipRow, RoleMap, Seat, effective, members,
};
use proto::{AccessLevel, LeftOutReason, UserId};

use crate::row;

const BOB: UserId = UserId(17);

fn bob(level: AccessLevel) -> MembershipRow {
    row(BOB.0, level)
}

fn blocked(level: AccessLevel) -> MembershipRow {
    MembershipRow { account: Account::Inactive, ..bob(level) }
}

fn awaiting(level: AccessLevel) -> MembershipRow {
    MembershipRow { seat: Seat::Awaiting, ..bob(level) }
}

fn bot(level: AccessLevel) -> MembershipRow {
    MembershipRow { bot: true, ..bob(level) }
}

fn exempt_bob() -> Exemptions {
    Exemptions { users: [BOB].into(), ..Exemptions::default() }
}

/// What becomes of Bob when these are his rows.
fn answer(
    rows: impl IntoIterator<Item = MembershipRow>,
    exempt: &Exemptions,
) -> Result<AccessLevel, LeftOutReason> {
    let mut access = effective(rows, exempt);
    match access.people.remove(&BOB) {
        Some(person) => Ok(person.level),
        None => Err(access.left_out.remove(&BOB).expect("bob is listed").reason),
    }
}

#[test]
fn a_person_has_the_highest_level_of_all_rows_that_count() {
    use AccessLevel::{Developer, Guest, Maintainer, None, Owner, Reporter};
    let cases = [
        ("a single row", vec![bob(Developer)], Developer),
        ("inherited above direct", vec![bob(Guest), bob(Maintainer)], Maintainer),
        ("the same row twice", vec![bob(Reporter), bob(Reporter)], Reporter),
        ("a locked share beside a direct row", vec![bob(None), bob(Guest)], Guest),
        ("awaiting beside an active row", vec![awaiting(Owner), bob(Reporter)], Reporter),
    ];
    for (case, rows, level) in cases {
        assert_eq!(answer(rows, &Exemptions::default()), Ok(level), "{case}");
    }
}

#[test]
fn a_level_between_two_known_ones_gives_the_lower_one() {
    for (number, level) in
        [(12, AccessLevel::Guest), (24, AccessLevel::Reporter), (35, AccessLevel::Developer)]
    {
        let rows = [bob(AccessLevel::from_gitlab(number))];
        assert_eq!(answer(rows, &Exemptions::default()), Ok(level), "{number}");
    }
}

#[test]
fn whoever_gets_nothing_is_told_the_weightiest_reason() {
    use AccessLevel::{Developer, Guest, Minimal, None, Owner};
    use LeftOutReason::{Awaiting, Bot, NoAccess, NotActive};
    let blocked_bot = MembershipRow { account: Account::Inactive, ..bot(Owner) };
    let cases = [
        ("level 0", vec![bob(None)], NoAccess),
        ("minimal access", vec![bob(Minimal)], NoAccess),
        ("awaiting a seat", vec![awaiting(Developer)], Awaiting),
        ("awaiting a seat that would give nothing", vec![awaiting(Minimal)], NoAccess),
        ("awaiting beside level 0", vec![bob(None), awaiting(Guest)], Awaiting),
        ("blocked", vec![blocked(Owner)], NotActive),
        ("blocked at level 0", vec![blocked(None)], NotActive),
        ("blocked and awaiting", vec![awaiting(Owner), blocked(Owner)], NotActive),
        ("a bot", vec![bot(Owner)], Bot),
        ("a blocked bot", vec![blocked_bot], Bot),
    ];
    for (case, rows, reason) in cases {
        assert_eq!(answer(rows, &Exemptions::default()), Err(reason), "{case}");
    }
}

#[test]
fn an_exempt_person_is_left_out_whatever_else_is_true() {
    use AccessLevel::{None, Owner};
    for rows in [vec![bob(Owner)], vec![bob(None)], vec![blocked(Owner)], vec![bot(Owner), awaiting(Owner)]] {
        assert_eq!(answer(rows.clone(), &exempt_bob()), Err(LeftOutReason::Exempt), "{rows:?}");
    }
}

#[test]
fn an_exemption_is_for_one_person_only() {
    let access = effective([bob(AccessLevel::Owner), row(18, AccessLevel::Owner)], &exempt_bob());
    assert_eq!(access.people.into_keys().collect::<Vec<_>>(), [UserId(18)]);
}

#[test]
fn bots_that_are_included_count_like_people() {
    let included = Exemptions { bots: BotRule::Include, ..Exemptions::default() };
    assert_eq!(answer([bot(AccessLevel::Reporter)], &included), Ok(AccessLevel::Reporter));
    let blocked_bot = MembershipRow { account: Account::Inactive, ..bot(AccessLevel::Reporter) };
    assert_eq!(answer([blocked_bot], &included), Err(LeftOutReason::NotActive));
}

#[test]
fn of_two_usernames_of_one_person_the_alphabetically_first_stands() {
    let renamed = MembershipRow { username: "bob".to_owned(), ..bob(AccessLevel::Guest) };
    for rows in [[renamed.clone(), bob(AccessLevel::Owner)], [bob(AccessLevel::Owner), renamed.clone()]] {
        let expected = EffectivePerson { username: "bob".to_owned(), level: AccessLevel::Owner };
        assert_eq!(effective(rows, &Exemptions::default()).people[&BOB], expected);
    }
}

#[test]
fn members_are_those_with_permissions_by_user_id() {
    let rows = [row(9, AccessLevel::Guest), row(3, AccessLevel::Owner), row(5, AccessLevel::None)];
    let members = members(&effective(rows, &Exemptions::default()), &RoleMap::sonarqube());
    let lines: Vec<_> =
        members.iter().map(|m| format!("{} {}: {}", m.username, m.level, m.permissions)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    user3 owner: user, codeviewer, issueadmin, securityhotspotadmin, scan, admin
    user9 guest: user
    ");
}

#[test]
fn a_person_whose_level_is_worth_nothing_is_no_member() {
    let mut access = effective([bob(AccessLevel::Guest)], &Exemptions::default());
    access.people.get_mut(&BOB).expect("bob has access").level = AccessLevel::Minimal;
    assert_eq!(members(&access, &RoleMap::guassp()), []);
}
