-- The records under the column names of the OpenTelemetry Collector's ClickHouse exporter, for Grafana and ClickStack.
CREATE VIEW IF NOT EXISTS otel_logs AS
SELECT
  timestamp AS Timestamp,
  toDateTime(timestamp) AS TimestampTime,
  trace_id AS TraceId,
  span_id AS SpanId,
  toUInt8(0) AS TraceFlags,
  severity AS SeverityText,
  severity_number AS SeverityNumber,
  service AS ServiceName,
  body AS Body,
  '' AS ResourceSchemaUrl,
  resource AS ResourceAttributes,
  '' AS ScopeSchemaUrl,
  '' AS ScopeName,
  '' AS ScopeVersion,
  CAST(map(), 'Map(LowCardinality(String), String)') AS ScopeAttributes,
  attributes AS LogAttributes,
  '' AS EventName,
  host AS Host,
  source AS Source,
  tenant AS Tenant
FROM logs;
