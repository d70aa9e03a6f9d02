package platformtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// serveSMTP2GO answers as developers.smtp2go.com: without a beginning it shows
// the last 30 days alone. An entry without @ is one of a whole domain; the code
// is the reason, bounce where it has none.
func serveSMTP2GO(s *Server, w http.ResponseWriter, r *http.Request, body string) {
	if r.Header.Get("X-Smtp2go-Api-Key") != Secret {
		say(w, http.StatusUnauthorized, `{"request_id":"r1","data":{"error":"The API Key is not valid","error_code":"E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"}}`)
		return
	}
	var in struct {
		Address string   `json:"email_address"`
		Start   string   `json:"start_date"`
		End     string   `json:"end_date"`
		Reasons []string `json:"reasons"`
	}
	if json.Unmarshal([]byte(body), &in) != nil {
		say(w, http.StatusBadRequest, `{"request_id":"r1","data":{"error":"not JSON"}}`)
		return
	}
	var rows []string
	switch r.URL.Path {
	case "/suppression/view":
		start, err := time.Parse(time.RFC3339, in.Start)
		if err != nil {
			start = time.Now().AddDate(0, 0, -30)
		}
		for _, e := range s.all("suppressions") {
			if e.Created.Before(start) || in.Address != "" && !strings.EqualFold(e.Address, in.Address) {
				continue
			}
			rows = append(rows, fmt.Sprintf(`{"email_address":%q,"reason":%q,"block_description":%q,"complaint":"","timestamp":%q}`,
				e.Address, or(e.Code, "bounce"), e.Reason, e.Created.UTC().Format("2006-01-02 15:04:05")))
		}
		say(w, http.StatusOK, fmt.Sprintf(`{"request_id":"r1","data":{"continue_token":null,"total_results":%d,"results":[%s]}}`, len(rows), strings.Join(rows, ",")))
	case "/suppression/remove":
		for _, reason := range in.Reasons {
			e, ok := s.entry("suppressions", in.Address)
			removed := ok && or(e.Code, "bounce") == reason && s.take("suppressions", in.Address)
			rows = append(rows, fmt.Sprintf(`{"email_address":%q,"reason":%q,"removed":%t}`, in.Address, reason, removed))
		}
		say(w, http.StatusOK, fmt.Sprintf(`{"request_id":"r1","data":{"suppressions":[%s]}}`, strings.Join(rows, ",")))
	default:
		say(w, http.StatusNotFound, `{"request_id":"r1","data":{"error":"no such endpoint"}}`)
	}
}
