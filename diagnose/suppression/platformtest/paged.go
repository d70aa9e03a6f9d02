package platformtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// number gives a number of the query.
func number(r *http.Request, name string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return otherwise
	}
	return n
}

// serveBrevo answers as getbrevo/brevo-go describes: pages of at most 100 by
// offset. The code of an entry is its reason, hardBounce where it has none.
func serveBrevo(s *Server, w http.ResponseWriter, r *http.Request, _ string) {
	if r.Header.Get("Api-Key") != Secret {
		say(w, http.StatusUnauthorized, `{"message":"Key not found","code":"unauthorized"}`)
		return
	}
	const list = "blockedContacts"
	if address, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/smtp/blockedContacts/")); r.Method == http.MethodDelete && err == nil {
		if !s.take(list, address) {
			say(w, http.StatusNotFound, `{"code":"document_not_found","message":"Contact does not exist"}`)
			return
		}
		say(w, http.StatusNoContent, "")
		return
	}
	all, rows := s.all(list), []string{}
	for _, e := range cut(all, number(r, "offset", 0), min(number(r, "limit", 50), 100)) {
		rows = append(rows, fmt.Sprintf(`{"email":%q,"senderEmail":"shop@example.org","reason":{"code":%q,"message":%q},"blockedAt":%q}`, e.Address, or(e.Code, "hardBounce"), e.Reason, e.Created.UTC().Format(time.RFC3339)))
	}
	if len(all) == 0 {
		say(w, http.StatusOK, `{"count":0}`)
		return
	}
	say(w, http.StatusOK, fmt.Sprintf(`{"count":%d,"contacts":[%s]}`, len(all), strings.Join(rows, ",")))
}

// serveMailerSend answers as mailersend/mailersend-go: pages by number, with a
// link to the next. Entries of the blocklist are patterns where the code says so.
func serveMailerSend(s *Server, w http.ResponseWriter, r *http.Request, body string) {
	if r.Header.Get("Authorization") != "Bearer "+Secret {
		say(w, http.StatusUnauthorized, `{"message":"Unauthenticated."}`)
		return
	}
	list, ok := strings.CutPrefix(r.URL.Path, "/suppressions/")
	if !ok {
		say(w, http.StatusNotFound, `{"message":"not found"}`)
		return
	}
	if r.Method == http.MethodDelete {
		var in struct {
			All bool     `json:"all"`
			IDs []string `json:"ids"`
		}
		_ = json.Unmarshal([]byte(body), &in)
		if in.All {
			s.clear(list)
		}
		for _, e := range s.all(list) {
			for _, id := range in.IDs {
				if e.ID == id {
					s.take(list, e.Address)
				}
			}
		}
		say(w, http.StatusOK, `{}`)
		return
	}
	n, size := number(r, "page", 1), number(r, "limit", 25)
	all, rows, next := s.all(list), []string{}, "null"
	for _, e := range cut(all, (n-1)*size, size) {
		if list == "blocklist" {
			rows = append(rows, fmt.Sprintf(`{"id":%q,"type":%q,"pattern":%q,"created_at":%q}`, e.ID, or(e.Code, "exact"), e.Address, e.Created.UTC().Format("2006-01-02T15:04:05.000000Z")))
			continue
		}
		rows = append(rows, fmt.Sprintf(`{"id":%q,"reason":%q,"created_at":%q,"recipient":{"id":"r1","email":%q}}`, e.ID, e.Reason, e.Created.UTC().Format("2006-01-02T15:04:05.000000Z"), e.Address))
	}
	if n*size < len(all) {
		next = `"https://api.example.com/?page=` + strconv.Itoa(n+1) + `"`
	}
	say(w, http.StatusOK, fmt.Sprintf(`{"data":[%s],"links":{"first":"","last":null,"prev":null,"next":%s},"meta":{"current_page":%d,"per_page":%d}}`, strings.Join(rows, ","), next, n, size))
}

// serveZeptoMail answers as zoho.com/zeptomail/help/api: pages by offset. The
// code of an entry is its action; one without quotes a refusal.
func serveZeptoMail(s *Server, w http.ResponseWriter, r *http.Request, body string) {
	if r.Header.Get("Authorization") != "Zoho-oauthtoken "+Secret {
		say(w, http.StatusUnauthorized, `{"error":{"code":"TM_4001","message":"Access Denied"},"status":"failure"}`)
		return
	}
	if r.URL.Path != "/suppressions/email" {
		say(w, http.StatusNotFound, `{"error":{"code":"URL_1","message":"no such URL"}}`)
		return
	}
	if r.Method == http.MethodDelete {
		var in struct{ Values []string }
		_ = json.Unmarshal([]byte(body), &in)
		removed := false
		for _, v := range in.Values {
			removed = s.take("email", v) || removed
		}
		if !removed {
			say(w, http.StatusBadRequest, `{"error":{"code":"DND_102","field":"values","message":"Suppression data not found"},"status":"failure"}`)
			return
		}
		say(w, http.StatusNoContent, "")
		return
	}
	rows := []string{}
	for _, e := range cut(s.all("email"), number(r, "offset", 0), number(r, "limit", 100)) {
		if e.Code == "" {
			e.Reason = or(e.Reason, "550 5.1.1 no such user")
		}
		rows = append(rows, fmt.Sprintf(`{"value":%q,"suppression_type":"email","action":%q,"description":%q,"added_time":%q}`, e.Address, or(e.Code, "suppress"), e.Reason, e.Created.UTC().Format(time.RFC3339)))
	}
	say(w, http.StatusOK, fmt.Sprintf(`{"data":[%s],"status":"success"}`, strings.Join(rows, ",")))
}

// serveCampaignMonitor answers as createsend-python: pages by number with
// totals. The code of an entry is its reason, Bounced where it has none.
func serveCampaignMonitor(s *Server, w http.ResponseWriter, r *http.Request, _ string) {
	if user, _, _ := r.BasicAuth(); user != Secret {
		say(w, http.StatusUnauthorized, `{"Code":50,"Message":"Must supply a valid HTTP Basic Authorization header"}`)
		return
	}
	const list = "suppressionlist"
	switch {
	case strings.HasSuffix(r.URL.Path, "/unsuppress.json") && r.Method == http.MethodPut:
		address := r.URL.Query().Get("email")
		if !s.take(list, address) {
			say(w, http.StatusBadRequest, `{"Code":1,"Message":"Invalid Email Address"}`)
			return
		}
		say(w, http.StatusOK, "")
	case strings.HasSuffix(r.URL.Path, "/suppressionlist.json"):
		n, size := number(r, "page", 1), min(number(r, "pagesize", 1000), 1000)
		all, rows := s.all(list), []string{}
		for _, e := range cut(all, (n-1)*size, size) {
			rows = append(rows, fmt.Sprintf(`{"SuppressionReason":%q,"EmailAddress":%q,"Date":%q,"State":"Suppressed"}`, or(e.Code, "Bounced"), e.Address, e.Created.UTC().Format("2006-01-02 15:04:05")))
		}
		say(w, http.StatusOK, fmt.Sprintf(`{"Results":[%s],"ResultsOrderedBy":"date","OrderDirection":"asc","PageNumber":%d,"PageSize":%d,"RecordsOnThisPage":%d,"TotalNumberOfRecords":%d,"NumberOfPages":%d}`,
			strings.Join(rows, ","), n, size, len(rows), len(all), (len(all)+size-1)/size))
	default:
		say(w, http.StatusNotFound, `{"Code":404,"Message":"Not Found"}`)
	}
}
