package platformtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// sparkpostSources are the words that a row's source can be.
var sparkpostSources = []string{"Spam Complaint", "List Unsubscribe", "Bounce Rule", "Unsubscribe Link", "Manually Added", "Compliance", "Another"}

// serveSparkPost answers as the Suppression List API describes: a row an
// address and type, a 404 with a sentence for none. A removal without a type
// takes both; one of a row that Compliance added is refused. The code of an
// entry is its source.
func serveSparkPost(s *Server, w http.ResponseWriter, r *http.Request, body string) {
	if r.Header.Get("Authorization") != Secret {
		say(w, http.StatusUnauthorized, `{"errors":[{"message":"Unauthorized."}]}`)
		return
	}
	address, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v1/suppression-list/"))
	types := []string{"transactional", "non_transactional"}
	none := func() { say(w, http.StatusNotFound, `{"errors":[{"message":"Recipient could not be found"}]}`) }
	switch {
	case err != nil || address == "" || strings.Contains(address, "/"):
		say(w, http.StatusNotFound, `{"errors":[{"message":"Resource could not be found"}]}`)
	case r.Method == http.MethodDelete:
		var ask struct{ Type string }
		if body != "" && (json.Unmarshal([]byte(body), &ask) != nil || !slices.Contains(types, ask.Type)) {
			say(w, http.StatusBadRequest, `{"errors":[{"message":"Type must be one of: 'transactional', 'non_transactional'"}]}`)
			return
		}
		gone := false
		for _, t := range types {
			if ask.Type != "" && ask.Type != t {
				continue
			}
			if e, ok := s.entry(t, address); ok && e.Code == "Compliance" {
				say(w, http.StatusForbidden, `{"errors":[{"message":"Recipient could not be removed - Compliance"}]}`)
				return
			}
			gone = s.take(t, address) || gone
		}
		if !gone {
			none()
			return
		}
		say(w, http.StatusNoContent, "")
	default:
		var rows []string
		for _, t := range types {
			if e, ok := s.entry(t, address); ok {
				source := e.Code
				if !slices.Contains(sparkpostSources, source) {
					source = "Bounce Rule"
				}
				at := e.Created.UTC().Format("2006-01-02T15:04:05+00:00")
				rows = append(rows, fmt.Sprintf(`{"recipient":%q,"type":%q,%q:true,"source":%q,"description":%q,"created":%q,"updated":%q}`,
					e.Address, t, t, source, e.Reason, at, at))
			}
		}
		if rows == nil {
			none()
			return
		}
		say(w, http.StatusOK, fmt.Sprintf(`{"results":[%s],"links":[],"total_count":%d}`, strings.Join(rows, ","), len(rows)))
	}
}
