fig_kind = 'tornado'
fig_output = 'figure.svg'
fig_format = 'svg'
fig_data = 'data.csv'
fig_title = 'Servers against load'
fig_subtitle = 'users.latency.mean as each input goes from mid to its low and to its high value, the others at mid. Whisker: interval of the difference from mid over 8 pairs of runs; all together 95 %.'
fig_footnote = 'made-up scenario, to show the figure'
npanels = 1
nvariants = 1
ninputs = 4
array input_name[4] = ['server.service_time.mean', 'users.rate', 'users.timeout', 'server.queue_limit']
array input_low[4] = ['900us', '700/s', '500ms', '500']
array input_high[4] = ['1.1ms', '850/s', '2s', '2000']
array input_note[4] = ['', '', 'the same in all pairs', 'the same in all pairs']
fig_mid = 4.74719465
fig_xlabel = 'users.latency.mean'
fig_xunit = 'ms'

