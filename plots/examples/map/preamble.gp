fig_kind = 'map'
fig_output = 'figure.svg'
fig_format = 'svg'
fig_data = 'data.csv'
fig_title = 'Servers against load'
fig_subtitle = 'Share of 12 runs with users.latency.p99 <= 5ms. Small: its 95 % interval (Wilson).'
fig_footnote = 'made-up scenario, to show the figure'
npanels = 1
nvariants = 1
ncolumns = 8
nrows = 6
array column_label[8] = ['500/s', '1000/s', '1500/s', '2000/s', '2500/s', '3000/s', '3500/s', '4000/s']
array row_label[6] = ['1', '2', '3', '4', '5', '6']
fig_xlabel = 'users.rate'
fig_ylabel = 'server.servers'
fig_zlabel = 'users.latency.p99 <= 5ms'

