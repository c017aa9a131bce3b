use super::*;

#[test]
fn refuses_more_transactions_than_fit_into_memory_but_cuts_the_highest_rate() {
    assert_eq!(transactions(Rate::PerSecond(1_000), 10).unwrap(), 10_000);
    let failure = transactions(Rate::PerSecond(100_000), 600).unwrap_err();
    assert!(failure.error.to_string().contains("the limit is 1000000"), "{}", failure.error);
    assert_eq!(transactions(Rate::Max, 600).unwrap(), MAX_TRANSACTIONS);
}

#[test]
fn takes_percentiles_by_the_nearest_rank() {
    let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
    assert_eq!(meter::percentile(&sorted, 50), 50.0);
    assert_eq!(meter::percentile(&sorted, 99), 99.0);
    assert_eq!(meter::percentile(&[3.0], 95), 3.0);
    assert_eq!(meter::percentile(&[], 50), 0.0);
}

#[test]
fn reads_the_cpu_time_out_of_metrics() {
    let text = "# HELP process_cpu_ms CPU\nprocess_cpu_ms_other 1\nprocess_cpu_ms 4210\n\
                process_resident_bytes 7000\n\
                process_thread_cpu_us{thread=\"replica\"} 12\n\
                process_thread_cpu_us{thread=\"rocksdb:low\"} 3\n# EOF\n";
    let usage = meter::usage(text).unwrap();
    assert_eq!((usage.cpu_ms, usage.resident_bytes), (4_210, 7_000));
    let threads: Vec<_> = usage.threads.iter().map(|(name, us)| (name.as_str(), *us)).collect();
    assert_eq!(threads, [("replica", 12), ("rocksdb:low", 3)]);
    assert!(meter::usage("").is_none());
}

#[test]
fn counts_latency_from_when_a_transaction_was_due() {
    assert_eq!(load::due_at(Rate::PerSecond(100), 50), Some(Duration::from_millis(500)));
    assert_eq!(load::due_at(Rate::Max, 50), None);
}

#[test]
fn reads_rates_within_bounds_only() {
    assert_eq!(parse_rate("max"), Ok(Rate::Max));
    assert_eq!(parse_rate("2000"), Ok(Rate::PerSecond(2_000)));
    for wrong in ["0", "100001", "-1", "fast"] {
        assert!(parse_rate(wrong).is_err(), "{wrong:?}");
    }
}
