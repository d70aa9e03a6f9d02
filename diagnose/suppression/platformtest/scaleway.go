package platformtest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// serveScaleway answers as scaleway-sdk-go api/tem/v1alpha1. The code of an
// entry is its type, or custom.
func serveScaleway(s *Server, w http.ResponseWriter, r *http.Request, _ string) {
	if r.Header.Get("X-Auth-Token") != Secret {
		say(w, http.StatusUnauthorized, `{"message":"authentication is denied","type":"denied_authentication"}`)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/transactional-email/v1alpha1/regions/fr-par/blocklists")
	if !ok {
		say(w, http.StatusNotFound, `{"message":"resource is not found","type":"not_found"}`)
		return
	}
	if r.Method == http.MethodDelete {
		for _, e := range s.all("blocklists") {
			if "/"+e.ID == rest {
				s.take("blocklists", e.Address)
				say(w, http.StatusNoContent, "")
				return
			}
		}
		say(w, http.StatusNotFound, `{"message":"resource is not found","type":"not_found"}`)
		return
	}
	rows := []string{}
	for _, e := range s.all("blocklists") {
		if want := r.URL.Query().Get("email"); want != "" && !strings.EqualFold(e.Address, want) {
			continue
		}
		rows = append(rows, fmt.Sprintf(`{"id":%q,"domain_id":%q,"email":%q,"type":%q,"reason":%q,"custom":%t,"created_at":%q,"updated_at":%q,"ends_at":%q}`, e.ID, r.URL.Query().Get("domain_id"),
			e.Address, or(e.Code, "mailbox_not_found"), e.Reason, e.Code == "custom", e.Created.UTC().Format(time.RFC3339), e.Created.UTC().Format(time.RFC3339), e.Created.UTC().AddDate(0, 1, 0).Format(time.RFC3339)))
	}
	say(w, http.StatusOK, fmt.Sprintf(`{"total_count":%d,"blocklists":[%s]}`, len(rows), strings.Join(rows, ",")))
}
