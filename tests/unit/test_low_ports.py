"""Processes of a test run do not meet on a port."""

from itertools import pairwise

from tests.low_ports import free_port_base, low_port, ports_of


def test_two_processes_of_a_run_share_no_port_and_none_is_given_twice() -> None:
    first, second = list(ports_of("gw0", 4_711)), list(ports_of("gw1", 4_712))
    assert not set(first) & set(second)
    assert len(set(first)) == len(first)
    assert max(ports_of("gw4", 32_767)) < 32_768, "from there on the machine gives ports by itself"


def test_a_sandbox_and_services_beside_it_share_none() -> None:
    bases = [free_port_base() for _ in range(3)]
    rows = [base + offset for base in bases for offset in range(7)]
    assert len({*rows, low_port(), low_port()}) == 23
    assert all(abs(later - earlier) >= 7 for earlier, later in pairwise(bases))
