package platformtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// servePostmark answers as the Suppressions API describes: each stream has a
// list, the dump is filtered by address, and a removal answers 200 with a
// status an address. The code of an entry is its reason and origin with a
// comma between; a spam complaint is not removed.
func servePostmark(s *Server, w http.ResponseWriter, r *http.Request, body string) {
	if r.Header.Get("X-Postmark-Server-Token") != Secret {
		say(w, http.StatusUnauthorized, `{"ErrorCode":10,"Message":"Bad or missing Server API token"}`)
		return
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) != 4 || parts[0] != "message-streams" || parts[2] != "suppressions" {
		http.NotFound(w, r)
		return
	}
	stream := parts[1]
	if stream != "outbound" && stream != "broadcast" {
		say(w, http.StatusUnprocessableEntity, `{"ErrorCode":1226,"Message":"The message stream was not found"}`)
		return
	}
	switch {
	case r.Method == http.MethodGet && parts[3] == "dump":
		var out []string
		address := r.URL.Query().Get("EmailAddress")
		s.mu.Lock()
		for _, e := range s.lists[stream] {
			if address == "" || strings.EqualFold(e.Address, address) {
				reason, origin := postmarkCode(e)
				out = append(out, fmt.Sprintf(`{"EmailAddress":%q,"SuppressionReason":%q,"Origin":%q,"CreatedAt":%q}`,
					e.Address, reason, origin, e.Created.In(time.FixedZone("", -5*3600)).Format(time.RFC3339)))
			}
		}
		s.mu.Unlock()
		say(w, http.StatusOK, `{"Suppressions":[`+strings.Join(out, ",")+`]}`)
	case r.Method == http.MethodPost && parts[3] == "delete":
		var ask struct {
			Suppressions []struct{ EmailAddress string }
		}
		if json.Unmarshal([]byte(body), &ask) != nil {
			say(w, http.StatusUnprocessableEntity, `{"ErrorCode":402,"Message":"Invalid JSON"}`)
			return
		}
		var out []string
		for _, a := range ask.Suppressions {
			status, message := "Deleted", ""
			e, ok := s.entry(stream, a.EmailAddress)
			reason, _ := postmarkCode(e)
			switch {
			case ok && reason == "SpamComplaint":
				status, message = "Failed", "You do not have the required authority to change this suppression."
			default:
				s.take(stream, a.EmailAddress)
			}
			out = append(out, fmt.Sprintf(`{"EmailAddress":%q,"Status":%q,"Message":%q}`, a.EmailAddress, status, message))
		}
		say(w, http.StatusOK, `{"Suppressions":[`+strings.Join(out, ",")+`]}`)
	default:
		http.NotFound(w, r)
	}
}

func postmarkCode(e Entry) (reason, origin string) {
	reason, origin, found := strings.Cut(e.Code, ", ")
	if !found {
		return "HardBounce", "Recipient"
	}
	return reason, origin
}
