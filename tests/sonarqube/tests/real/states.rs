//! Random states of a project, and deaths while one is written, on the real server.

use e2e::{Target, states, sudden_death};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_random_states_end_as_the_rules_say() {
    states::random_states_end_as_the_rules_say(&Target::Real, 30).await;
}

/// Ten deaths, or as many as `GUASSP_KILLS` says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_while_a_template_is_written_leaves_all_or_nothing() {
    let kills = std::env::var("GUASSP_KILLS").map_or(10, |kills| kills.parse().expect("a number"));
    let left = sudden_death::a_template_is_applied_whole_or_not_at_all(&Target::Real, kills).await;
    println!("of {kills} deaths, found right after them: {left:?}");
    assert_eq!(u64::from(left.before + left.planned), kills);
}
