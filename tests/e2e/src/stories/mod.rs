//! The stories that hold on the model and on a real SonarQube alike, a file a theme.

pub mod drift;
pub mod exposure;
pub mod grants;
pub mod holds;
pub mod mapping;
pub mod names;
pub mod people;
pub mod projects;
pub mod restore;
pub mod scale;
pub mod waiting;
pub mod ways;

/// Makes a test of each story, on `$target`.
#[macro_export]
macro_rules! stories {
    ($target:expr; $($theme:ident: $($story:ident),+ $(,)?;)+) => {
        $(mod $theme {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                $crate::stories::$theme::$story(&$target).await;
            })+
        })+
    };
}

/// Every story, on `$target`.
#[macro_export]
macro_rules! every_story {
    ($target:expr) => {
        $crate::stories! { $target;
            grants: a_mixed_project_gets_the_grants_of_its_levels, a_second_sync_writes_nothing,
                a_lowered_role_loses_what_the_higher_one_had, a_level_between_two_known_ones_counts_as_the_lower,
                a_leaver_loses_everything, a_leaver_who_was_the_last_administrator_keeps_admin_and_nothing_else;
            people: a_blocked_person_loses_everything, somebody_who_never_signed_in_is_reported_and_granted_later,
                a_renamed_person_keeps_the_grants, an_owner_of_the_group_administers, a_bot_gets_nothing,
                what_is_not_ours_stays_untouched, exempt_people_are_left_alone;
            projects: visibility_follows_gitlab_both_ways, a_monorepo_has_its_grants_on_each_project,
                a_project_that_sonarqube_lacks_is_skipped_with_the_reason, a_project_is_found_by_its_name,
                a_project_that_moves_below_what_is_skipped_is_left_alone, an_override_holds_where_the_project_lies;
            scale: a_hundred_members_of_all_levels;
            holds: a_plan_that_takes_most_away_changes_nothing_until_exactly_it_is_approved,
                an_approval_is_of_one_plan_only_and_what_is_rejected_is_held_anew,
                the_first_sync_that_would_take_what_somebody_gave_waits_where_it_is_asked_to;
            waiting: somebody_who_signs_in_gets_the_grants_without_another_trigger,
                a_project_that_appears_is_synchronised_without_another_trigger;
            names: a_project_that_gitlab_moves_is_the_same_in_sonarqube,
                a_project_that_takes_the_old_path_of_another_is_given_nothing_by_it;
            mapping: an_account_that_tells_no_id_is_found_by_the_user_mapping;
            exposure: a_group_that_lets_everybody_into_a_private_project_is_told,
                a_private_project_is_closed_to_the_groups_and_a_public_one_is_not;
            drift: what_was_changed_by_hand_is_told_and_undone,
                what_was_changed_by_hand_stays_where_the_settings_say_so_until_somebody_leaves,
                what_a_flip_of_the_visibility_gives_is_nobodys_change;
            restore: what_a_sync_took_is_put_back_exactly_until_the_project_is_resumed;
            ways: single_calls_write_what_is_planned, templates_write_what_is_planned,
                what_a_crash_left_of_templates_is_removed_and_nobody_elses;
        }
    };
}
