use super::*;
use clap::{Command as Clap, CommandFactory};

/// Deepest command: `syndic tx transfer` is two below the root.
const MAX_DEPTH: usize = 4;

/// Every command with its full name.
fn all() -> Vec<(String, Clap)> {
    let mut root = Arguments::command();
    root.build();
    let mut found = Vec::new();
    let mut open = vec![("syndic".to_owned(), root, 0)];
    while let Some((name, command, depth)) = open.pop() {
        assert!(depth < MAX_DEPTH, "{name} is nested too deeply");
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            open.push((format!("{name} {}", inner.get_name()), inner.clone(), depth + 1));
        }
        found.push((name, command));
    }
    found
}

#[test]
fn every_command_explains_itself_and_each_of_its_flags() {
    Arguments::command().debug_assert();
    let commands = all();
    assert!(commands.len() > 40, "{} commands", commands.len());
    for (name, mut command) in commands {
        let help = command.render_long_help().to_string();
        assert!(help.contains("Usage:"), "{name}: {help}");
        assert!(command.get_about().is_some(), "{name} does not say what it does");
        for flag in command.get_arguments() {
            let explained = flag.get_help().is_some() || flag.get_long_help().is_some();
            assert!(explained, "{name}: {} is not explained", flag.get_id());
        }
    }
}

#[test]
fn flags_with_a_unit_name_it_in_their_help() {
    let named = ["amount", "gas_limit", "fee_limit", "timeout", "seconds", "expires_ms"];
    for (name, command) in all() {
        for flag in command.get_arguments().filter(|flag| named.contains(&flag.get_id().as_str())) {
            let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Unit:"), "{name}: {} names no unit: {help}", flag.get_id());
        }
    }
}

#[test]
fn every_command_that_asks_a_node_takes_it_from_the_environment() {
    for (name, command) in all() {
        let node = command.get_arguments().find(|flag| flag.get_id() == "node");
        let Some(node) = node.filter(|node| node.get_long().is_some()) else { continue };
        assert_eq!(node.get_env().and_then(|env| env.to_str()), Some("SYNDIC_NODE"), "{name}");
    }
}

#[test]
fn the_readme_lists_the_exit_codes_as_they_are() {
    let readme = include_str!("../../../../README.md");
    let (_, table) = readme.split_once("<!-- exit codes -->").expect("the README marks its table");
    let rows: Vec<(u8, &str)> = table
        .trim_start()
        .lines()
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            Some((cells.next()?.parse().ok()?, cells.next()?))
        })
        .collect();
    let expected: Vec<(u8, &str)> =
        Exit::ALL.iter().map(|(exit, meaning)| (*exit as u8, *meaning)).collect();
    assert_eq!(rows, expected);
}
