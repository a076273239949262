"""Pictures of dashboards without a Grafana: layout from the JSON, data by the plugin's way of asking. Previews only."""
