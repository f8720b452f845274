"""The wall: a page around twelve tiles or Grafana's dashboards that shows what is now, or that nothing answers."""
