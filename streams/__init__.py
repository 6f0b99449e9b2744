"""Everything that happens in time: topics, agents, clients, the process."""
