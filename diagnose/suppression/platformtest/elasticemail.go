package platformtest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// serveElasticEmail answers as ElasticEmail/elasticemail-go describes. What it
// says of an address that no list holds is not described; here it is a 404.
func serveElasticEmail(s *Server, w http.ResponseWriter, r *http.Request, _ string) {
	if r.Header.Get("X-ElasticEmail-ApiKey") != Secret {
		say(w, http.StatusUnauthorized, `{"Error":"APIKey Expired"}`)
		return
	}
	what, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/suppressions/"))
	lists := []string{"bounces", "complaints", "unsubscribes"}
	if err != nil || strings.Contains(what, "/") {
		say(w, http.StatusNotFound, `{"Error":"not found"}`)
		return
	}
	for _, list := range lists {
		if what != list {
			continue
		}
		q := r.URL.Query()
		limit, _ := strconv.Atoi(q.Get("limit"))
		offset, _ := strconv.Atoi(q.Get("offset"))
		var hits []Entry
		for _, e := range s.all(list) {
			if strings.Contains(strings.ToLower(e.Address), strings.ToLower(q.Get("search"))) {
				hits = append(hits, e)
			}
		}
		rows := []string{}
		for _, e := range cut(hits, offset, limit) {
			rows = append(rows, elasticEntry(e))
		}
		say(w, http.StatusOK, "["+strings.Join(rows, ",")+"]")
		return
	}
	for _, list := range append(lists, "hidden") {
		if e, ok := s.entry(list, what); ok {
			if r.Method == http.MethodDelete {
				s.take(list, what)
				say(w, http.StatusOK, "")
				return
			}
			say(w, http.StatusOK, elasticEntry(e))
			return
		}
	}
	say(w, http.StatusNotFound, `{"Error":"not found"}`)
}

func elasticEntry(e Entry) string {
	return fmt.Sprintf(`{"Email":%q,"FriendlyErrorMessage":%q,"ErrorCode":550,"DateUpdated":%q}`, e.Address, e.Reason, e.Created.UTC().Format(time.RFC3339))
}
