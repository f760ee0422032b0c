-- Posts the bodies of a file (one per line, "AUTHORIZATION<TAB>BODY") in turn, to one path.
local requests, at = {}, 0
function init(args)
  for line in io.lines(os.getenv("BODIES")) do
    local token, body = line:match("^(.-)\t(.*)$")
    local headers = { ["content-type"] = "application/json", ["accept"] = "application/json" }
    if token ~= "" then headers["authorization"] = token end
    requests[#requests + 1] = wrk.format("POST", os.getenv("TARGET"), headers, body)
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format('{"requests": %d, "seconds": %.4f, "bad": %d, "p50": %.3f, "p95": %.3f}\n', summary.requests,
    summary.duration / 1e6, bad, latency:percentile(50) / 1000, latency:percentile(95) / 1000))
end
