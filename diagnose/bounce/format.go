package bounce

// The formats in which bounces come.
const (
	FormatDSN          Format = "dsn"              // notification with a delivery-status part (RFC 3464, 6522, 6533)
	FormatStatus       Format = "status_block"     // a delivery-status block by itself, pasted
	FormatPostfix      Format = "postfix_notice"   // Postfix notice in text
	FormatExim         Format = "exim_notice"      // Exim notice in text
	FormatGoogle       Format = "google_notice"    // Gmail and Google Groups notice in text
	FormatMicrosoft    Format = "microsoft_notice" // Exchange and Microsoft 365 notice, text or HTML
	FormatQmail        Format = "qmail_notice"     // qmail-send notice, and those made after it
	FormatFml          Format = "fml_refusal"      // fml, a mailing-list server, did not pass an article on
	FormatSendmail     Format = "sendmail_notice"  // sendmail transcript
	FormatNotice       Format = "notice"           // any other notice in free text
	FormatReply        Format = "smtp_reply"       // one SMTP reply, pasted
	FormatPostfixLog   Format = "postfix_log"      // lines of a Postfix log
	FormatEximLog      Format = "exim_log"         // lines of Exim's main or reject log
	FormatSendmailLog  Format = "sendmail_log"     // lines of a sendmail log
	FormatOpenSMTPDLog Format = "opensmtpd_log"    // lines of an OpenSMTPD log
	FormatHarakaLog    Format = "haraka_log"       // lines of a Haraka log
	FormatQmailLog     Format = "qmail_log"        // lines of a qmail-send log
	FormatExchangeLog  Format = "exchange_log"     // Exchange message tracking log, Microsoft 365 extended trace
	FormatTrace        Format = "message_trace"    // Microsoft 365 message trace: summary, enhanced summary, detail
	FormatPowerMTA     Format = "powermta_log"     // PowerMTA accounting file
	FormatActivity     Format = "activity_export"  // SendGrid Email Activity export
	FormatSuppression  Format = "suppression_list" // a platform's suppression list, exported as a table
	FormatTable        Format = "bounce_table"     // any other table of recipients and replies
	FormatEvent        Format = "platform_event"   // events of a sending platform as JSON or form, and JSON logs of mail servers
	FormatFeedback     Format = "feedback_report"  // complaint report (RFC 5965)
	FormatAutoReply    Format = "auto_reply"       // automatic reply (RFC 3834)
	FormatReceipt      Format = "read_receipt"     // disposition notification (RFC 8098)
	FormatAggregate    Format = "domain_report"    // DMARC aggregate (RFC 9990) or TLS report (RFC 8460)
	FormatList         Format = "list_notice"      // held post or request to confirm, of a mailing list
	FormatMail         Format = "mail"             // any other mail
)
