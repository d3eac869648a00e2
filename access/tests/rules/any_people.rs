//! What holds for any rows of any people.

use std::collections::BTreeSet;

use access::{Account, BotRule, EffectiveAccess, Exemptions, MembershipRow, Seat, effective};
use proptest::{collection::vec, option, prelude::*, sample::subsequence};
use proto::{AccessLevel, UserId};

use crate::settings;

/// Few people, so that most have several rows that contradict each other.
fn some_row() -> impl Strategy<Value = MembershipRow> {
    let state = prop_oneof![4 => Just("active"), 1 => Just("blocked"), 1 => Just("frozen")];
    let seat = option::of(prop_oneof![Just("active"), Just("awaiting")]);
    (1..=5_u64, "[ab]{1,2}", 0..=60_u32, state, seat, proptest::bool::weighted(0.2)).prop_map(
        |(user, username, number, state, seat, bot)| MembershipRow {
            user: UserId(user),
            username,
            level: AccessLevel::from_gitlab(number),
            account: Account::from_gitlab(state),
            seat: Seat::from_gitlab(seat),
            bot,
        },
    )
}

fn some_rows() -> impl Strategy<Value = Vec<MembershipRow>> {
    vec(some_row(), 0..12)
}

fn some_exemptions() -> impl Strategy<Value = Exemptions> {
    let bots = prop_oneof![Just(BotRule::LeaveOut), Just(BotRule::Include)];
    (subsequence(vec![UserId(1), UserId(2)], 0..=2), bots)
        .prop_map(|(users, bots)| Exemptions { users: users.into_iter().collect(), bots })
}

/// The same rows in another order, some of them twice.
fn rows_and_a_reshuffle() -> impl Strategy<Value = (Vec<MembershipRow>, Vec<MembershipRow>)> {
    some_rows().prop_flat_map(|rows| {
        let repeated = subsequence(rows.clone(), 0..=rows.len());
        let all = rows.clone();
        let reshuffled = repeated.prop_map(move |more| [all.clone(), more].concat()).prop_shuffle();
        (Just(rows), reshuffled)
    })
}

fn level(access: &EffectiveAccess, user: UserId) -> AccessLevel {
    access.people.get(&user).map_or(AccessLevel::None, |person| person.level)
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn order_and_duplicates_of_rows_do_not_matter(
        (rows, reshuffled) in rows_and_a_reshuffle(),
        exempt in some_exemptions(),
    ) {
        prop_assert_eq!(effective(rows, &exempt), effective(reshuffled, &exempt));
    }

    #[test]
    fn adding_a_row_never_lowers_anybody(
        rows in some_rows(),
        more in some_row(),
        exempt in some_exemptions(),
    ) {
        let before = effective(rows.clone(), &exempt);
        let after = effective(rows.into_iter().chain([more]), &exempt);
        for user in before.people.keys() {
            prop_assert!(level(&after, *user) >= level(&before, *user), "{}", user);
        }
    }

    #[test]
    fn everybody_listed_is_in_exactly_one_map(rows in some_rows(), exempt in some_exemptions()) {
        let listed: BTreeSet<_> = rows.iter().map(|row| row.user).collect();
        let access = effective(rows, &exempt);
        let answered: Vec<_> = access.people.keys().chain(access.left_out.keys()).copied().collect();
        prop_assert_eq!(answered.len(), listed.len());
        prop_assert_eq!(answered.into_iter().collect::<BTreeSet<_>>(), listed);
    }

    #[test]
    fn nobody_has_a_level_that_no_active_row_gives(rows in some_rows(), exempt in some_exemptions()) {
        for (user, person) in effective(rows.clone(), &exempt).people {
            prop_assert!(person.level > AccessLevel::Minimal);
            prop_assert!(!exempt.users.contains(&user));
            prop_assert!(rows.iter().any(|row| row.user == user
                && row.level == person.level
                && row.account == Account::Active
                && row.seat == Seat::Active
                && (!row.bot || exempt.bots == BotRule::Include)));
        }
    }
}
